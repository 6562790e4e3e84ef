import { mkdirSync, mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'vite'
import main from '../../build/vite.main.config.ts'

export interface CrashBundle {
  /** To be removed when nobody lives any more. */
  folder: string
  /** Entry of one life of the program. */
  child: string
  /** Where Node keeps what it compiled of it. */
  compiled: string
}

/**
 * The sources as they are now, bundled as people get them: a life reads two files instead of two thousand, and there
 * are hundreds of lives. Two folders below the root, as `out/main` is: the program looks for its parts from there.
 */
export const bundleLives = async (): Promise<CrashBundle> => {
  const root = join(import.meta.dirname, '../..')
  mkdirSync(join(root, 'out'), { recursive: true })
  const folder = mkdtempSync(join(root, 'out', 'crash-'))
  await build({
    ...main,
    root,
    configFile: false,
    logLevel: 'warn',
    build: {
      ...main.build,
      outDir: folder,
      rollupOptions: {
        ...main.build?.rollupOptions,
        input: {
          child: 'test/crash/child.ts',
          sandbox: 'test/crash/simulators.ts',
          // The simulators look for it beside them.
          azurite: 'sandbox/azure/blob/azurite-process.ts',
          // A module's process, and the one that makes the token.
          hsm: 'electron/targets/hsm/process/main.ts',
          'hsm-token': 'sandbox/hsm/initialise.ts',
        },
      },
    },
  })
  return { folder, child: join(folder, 'child.js'), compiled: join(folder, 'compiled') }
}
