/**
 * Builds `pkcs11js`, the one native module, against the headers that came with the bundled Node: nothing is downloaded.
 * It is optional. Without a compiler everything but the jobs on HSM tokens works, and those say what is missing.
 */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { bundledNode, environment, root } from './node24.mjs'

const folder = join(root, 'node_modules', 'pkcs11js')
const built = join(folder, 'build', 'Release', 'pkcs11.node')
const nodeGyp = join(root, 'node_modules', 'node-gyp', 'bin', 'node-gyp.js')

/** What node-gyp asks for, as the commands that have to be there. */
export const compilerCommands = ['g++', 'make', 'python3']

/** Null: it is there, or was built now. Else one sentence that says why not. */
export const buildNativeModule = (findCommand) => {
  if (existsSync(built)) return null
  if (!existsSync(folder)) return 'the package pkcs11js was not installed by npm'
  const missing = compilerCommands.filter((command) => findCommand(command) === null)
  if (missing.length > 0) return `${missing.join(', ')} not found, which build the module for PKCS#11`
  console.log('keyturn: Building the module for PKCS#11 ...')
  const headers = dirname(dirname(bundledNode))
  const { status, stdout, stderr } = spawnSync(
    bundledNode,
    [nodeGyp, 'rebuild', `--nodedir=${headers}`, '--loglevel=error'],
    { cwd: folder, env: environment(), encoding: 'utf8' },
  )
  if (status === 0 && existsSync(built)) return null
  const why = `${stderr ?? ''}\n${stdout ?? ''}`.split('\n').filter((line) => /error/i.test(line))
  return `building the module for PKCS#11 failed (${why[0]?.trim() ?? `exit ${status}`})`
}
