import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { recombinePath } from './paths.ts'

/** Beside the bundle's entries, one folder above its chunks, or in the sources. */
const places = ['.', '..'].map((folder) => join(import.meta.dirname, folder, recombinePath))

/** The script that joins shares without Keyturn; every package brings it along. */
export const recombineScript = (): Buffer =>
  readFileSync(places.find((path) => existsSync(path)) ?? recombinePath)
