import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export const recombineName = 'recombine.py'

/** Beside the bundle's entries, one folder above its chunks, or in the sources. */
const places = ['.', '..'].map((folder) => join(import.meta.dirname, folder, recombineName))

/** The script that every package brings along: it joins shares without Keyturn, and shares no code with it. */
export const recombinePy = (): Buffer =>
  readFileSync(places.find((path) => existsSync(path)) ?? recombineName)
