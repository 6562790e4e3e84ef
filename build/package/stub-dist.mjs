/**
 * A stand-in for Electron's folder, for machines that can't fetch the binary: just enough of one that electron-builder
 * and the fuse tools do their work. What comes out is not runnable, and everything that prints it says so.
 */
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createPackage } from '@electron/asar'

/** What both fuse tools look for in the executable; after it: version of the wire, its length, one character a fuse. */
const sentinel = 'dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX'
/** Values that Electron 45 is delivered with, in the order of the wire. */
const deliveredFuses = '101100011'

export const makeStubDist = async (folder, version) => {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(join(folder, 'resources'), { recursive: true })
  mkdirSync(join(folder, 'locales'))
  writeFileSync(join(folder, 'electron'), executable())
  chmodSync(join(folder, 'electron'), 0o755)
  writeFileSync(join(folder, 'version'), version)
  for (const name of ['LICENSE', 'LICENSES.chromium.html', 'chrome_crashpad_handler', 'chrome-sandbox'])
    writeFileSync(join(folder, name), 'stand-in\n')
  writeFileSync(join(folder, 'locales', 'en-US.pak'), 'stand-in\n')
  const source = join(folder, 'default-app')
  mkdirSync(source)
  writeFileSync(join(source, 'main.js'), '')
  await createPackage(source, join(folder, 'resources', 'default_app.asar'))
  rmSync(source, { recursive: true })
  return folder
}

const executable = () =>
  Buffer.concat([
    Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0]),
    Buffer.alloc(56),
    Buffer.from(sentinel),
    Buffer.from([1, deliveredFuses.length]),
    Buffer.from(deliveredFuses),
    Buffer.alloc(64),
  ])
