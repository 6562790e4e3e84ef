/** Reads back what was packaged: nothing is taken on the packager's word. */
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { extractFile, listPackage, uncache } from '@electron/asar'
import { FuseState, FuseV1Options, getCurrentFuseWire } from '@electron/fuses'
import { forbidden, filesIn, nativeFiles } from './contents.mjs'
import { wantedFuses } from './config.mjs'

/**
 * @param {string} folder the unpacked program
 * @param {readonly string[]} wantedFiles what the archive must hold, exactly
 * @returns {Promise<{ problems: string[], rows: [string, string][] }>}
 */
export const verifyPackage = async (folder, wantedFiles) => {
  const archive = join(folder, 'resources', 'app.asar')
  uncache(archive)
  const held = archivedFiles(archive)
  const fuses = await fuseRows(join(folder, 'keyturn'))
  const problems = [
    ...held
      .filter((path) => !wantedFiles.includes(path))
      .map((path) => `not expected in the archive: ${path}`),
    ...wantedFiles.filter((path) => !held.includes(path)).map((path) => `missing in the archive: ${path}`),
    ...held.filter(forbidden).map((path) => `must not be in the archive: ${path}`),
    ...filesIn(join(folder, 'resources'))
      .filter((path) => path !== 'app.asar' && !isNative(path))
      .map((path) => `beside the archive: ${path}`),
    ...entryProblems(archive, held),
    ...fuses
      .filter(({ found, wanted }) => found !== wanted)
      .map(({ name, found, wanted }) => `fuse ${name} is ${found}, wanted ${wanted}`),
  ]
  const bytes = filesIn(folder).reduce((sum, path) => sum + statSync(join(folder, path)).size, 0)
  return {
    problems,
    rows: [
      ['files in app.asar', String(held.length)],
      ['app.asar', size(statSync(archive).size)],
      ['whole folder', size(bytes)],
      ...fuses.map(({ name, found }) => [`fuse ${name}`, found]),
    ],
  }
}

const isNative = (path) => nativeFiles.some((file) => path === `app.asar.unpacked/${file}`)

export const archivedFiles = (archive) =>
  listPackage(archive, { isPack: false })
    .map((path) => path.replaceAll('\\', '/').replace(/^\//, ''))
    .filter((path, _index, all) => !all.some((other) => other.startsWith(`${path}/`)))
    .sort()

const entryProblems = (archive, held) => {
  const { main, dependencies, devDependencies } = JSON.parse(
    extractFile(archive, 'package.json').toString('utf8'),
  )
  return [
    ...(held.includes(main) ? [] : [`package.json starts ${main}, which is not in the archive`]),
    ...(dependencies || devDependencies ? ['package.json in the archive names dependencies'] : []),
  ]
}

const fuseRows = async (executable) => {
  const wire = await getCurrentFuseWire(executable)
  const known = new Set(wantedFuses.map(({ fuse }) => String(fuse)))
  const rows = wantedFuses.map(({ fuse, on }) => ({
    name: FuseV1Options[fuse],
    found: stateName(wire[fuse]),
    wanted: on ? 'on' : 'off',
  }))
  const unknown = Object.keys(wire).filter((key) => /^\d+$/.test(key) && !known.has(key))
  return [
    ...rows,
    ...unknown.map((key) => ({ name: `number ${key}`, found: stateName(wire[key]), wanted: 'a decision' })),
  ]
}

const stateName = (state) =>
  state === FuseState.ENABLE
    ? 'on'
    : state === FuseState.DISABLE
      ? 'off'
      : state === undefined
        ? 'absent'
        : 'removed'

const size = (bytes) => (bytes < 1e6 ? `${(bytes / 1e3).toFixed(0)} kB` : `${(bytes / 1e6).toFixed(1)} MB`)
