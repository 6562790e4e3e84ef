import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export const verifierName = 'keyturn-audit-verify.mjs'

/** Beside the bundle's entries, one folder above its chunks, or in the sources. */
const places = ['.', '..', 'offline'].map((folder) => join(import.meta.dirname, folder, verifierName))

/** The script that every export brings along: it checks the export without Keyturn. */
export const verifierScript = (): Buffer =>
  readFileSync(places.find((path) => existsSync(path)) ?? verifierName)
