import { randomBytes } from 'node:crypto'

/** As Azure makes them: 64 bytes, in base64. */
export const newStorageKey = (): string => randomBytes(64).toString('base64')
