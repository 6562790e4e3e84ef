/** What goes into an installed Keyturn: what its entry reaches, the preload, the window, and a package.json of three lines. */
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'

/** Started by Electron, and by Keyturn itself for a rehearsal. The other entries need Node or a browser. */
export const packagedEntries = ['electron.js', 'sandbox.js', 'hsm.js', 'hsm-token.js']

/** Read by the program and written beside exported records, and into packages of escrow; nothing imports them. */
const scripts = ['keyturn-audit-verify.mjs', 'recombine.py']

/**
 * The one package with native code. electron-builder adds it by itself, as the only dependency that is not of the making,
 * and puts it beside the archive too: a library can't be loaded out of one.
 */
export const nativeFiles = ['LICENSE', 'build/Release/pkcs11.node', 'index.js', 'package.json'].map(
  (file) => `node_modules/pkcs11js/${file}`,
)

/**
 * Files of `folder` that the entries import, directly or through others; paths from `folder`. Imports of packages stay
 * with who supplies them: Electron, or `nativeFiles`. Any other would be missing in the package, so it is an error.
 */
export const reachedFrom = (folder, entries) => {
  const reached = new Set()
  const visit = (path) => {
    if (reached.has(path)) return
    reached.add(path)
    for (const name of importsOf(readFileSync(join(folder, path), 'utf8'))) {
      if (/^\.\.?\//.test(name)) visit(toSlashes(join(dirname(path), name)))
      else if (!name.startsWith('node:') && !['electron', 'pkcs11js'].includes(name) && !builtin.has(name))
        throw new Error(`out/main/${path} imports ${name}, which is not part of the package`)
    }
  }
  for (const entry of entries) visit(entry)
  return [...reached].sort()
}

const builtin = new Set(process.getBuiltinModule('node:module').builtinModules)

/** Import and export statements, imports and requires of constant names, as the bundler writes them. */
const importsOf = (code) => [
  ...[...code.matchAll(/^\s*(?:import|export)\b[^'"`;()]*?\bfrom\s*["']([^"']+)["']/gm)].map(
    ([, name]) => name,
  ),
  ...[...code.matchAll(/^\s*import\s*["']([^"']+)["']/gm)].map(([, name]) => name),
  ...[...code.matchAll(/\b__require\(\s*["']([^"']+)["']\s*\)/g)].map(([, name]) => name),
  ...[...withoutRemarks(code).matchAll(/\bimport\(\s*["']([^"']+)["']\s*\)/g)].map(([, name]) => name),
]

/** Lines that are remarks: types in them are written as imports, of files that nobody bundles. */
const withoutRemarks = (code) => code.replace(/^\s*(?:\/?\*|\/\/).*$/gm, '')

/** Copies what is to be packaged into `stage`; gives the exact list of files that the archive must hold then. */
export const stageContents = ({ root, out, stage, entries = packagedEntries }) => {
  rmSync(stage, { recursive: true, force: true })
  const files = [
    ...reachedFrom(join(out, 'main'), entries).map((path) => `main/${path}`),
    ...scripts.map((name) => `main/${name}`),
    'preload/preload.cjs',
    ...filesIn(join(out, 'renderer')).map((path) => `renderer/${path}`),
  ]
  for (const file of files) {
    mkdirSync(dirname(join(stage, 'out', file)), { recursive: true })
    cpSync(join(out, file), join(stage, 'out', file))
  }
  const { name, version, description, license, type, main } = JSON.parse(
    readFileSync(join(root, 'package.json'), 'utf8'),
  )
  const manifest = { name, version, description, license, type, main, author: 'Keyturn' }
  writeFileSync(join(stage, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`)
  return [...files.map((file) => `out/${file}`), 'package.json'].sort()
}

/** What never belongs in a package, whatever the list above says. */
export const forbidden = (path) =>
  !nativeFiles.includes(path) &&
  !scripts.some((name) => path === `out/main/${name}`) &&
  /\.(ts|tsx|map|md|mjs)$|(^|\/)(node_modules|test|sandbox|build|playwright[^/]*)(\/|$)|playwright|chromium/.test(
    path,
  )

export const filesIn = (folder) =>
  readdirSync(folder, { recursive: true })
    .map(String)
    .filter((path) => statSync(join(folder, path)).isFile())
    .map((path) => toSlashes(relative('.', path)))
    .sort()

const toSlashes = (path) => path.split(sep).join('/')
