/** Builds main, preload and window into `out/`, unless the sources are the ones that were built last. */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { environment, root } from './node24.mjs'

const configs = ['build/vite.main.config.ts', 'build/vite.preload.config.ts', 'build/vite.renderer.config.ts']
const sources = ['electron', 'renderer', 'sandbox', 'shared', 'build', 'package-lock.json']

export const bundle = () => {
  const mark = join(root, 'out', '.built')
  const wanted = hashOf(sources)
  if (existsSync(mark) && readFileSync(mark, 'utf8') === wanted) return
  console.log('keyturn: building the program ...')
  for (const config of configs) {
    const { status, stdout, stderr } = spawnSync(
      'vite',
      ['build', '--config', config, '--logLevel', 'warn'],
      {
        cwd: root,
        env: environment(),
        encoding: 'utf8',
      },
    )
    if (status !== 0) {
      console.error(`${stdout}${stderr}\nkeyturn: ${config} did not build`)
      process.exit(1)
    }
  }
  writeFileSync(mark, wanted)
}

const hashOf = (paths) => {
  const hash = createHash('sha256')
  for (const path of paths) addTo(hash, path)
  return hash.digest('hex')
}

const addTo = (hash, path) => {
  if (!statSync(join(root, path)).isDirectory())
    return hash.update(path).update(readFileSync(join(root, path)))
  for (const name of readdirSync(join(root, path)).sort()) addTo(hash, join(path, name))
}
