import { readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Arch, build, Platform } from 'electron-builder'
import { builderConfig } from './config.mjs'
import { nativeFiles, stageContents } from './contents.mjs'
import { makeStubDist } from './stub-dist.mjs'
import { verifyPackage } from './verify.mjs'

/**
 * Packages the built program for Linux x64 into `output/linux-unpacked` and reads the result back. Goes nowhere near a
 * network. `electron`: path of a real executable, or null for a stand-in.
 *
 * @param {{ root: string, out: string, output: string, electron: string | null, entries?: string[] }} places
 */
export const pack = async ({ root, out, output, electron, entries }) => {
  const { version } = JSON.parse(readFileSync(join(root, 'node_modules/electron/package.json'), 'utf8'))
  const stage = join(output, '.stage')
  const stub = join(output, '.stand-in')
  const folder = join(output, 'linux-unpacked')
  rmSync(folder, { recursive: true, force: true })
  const staged = stageContents({ root, out, stage, ...(entries ? { entries } : {}) })
  const files = [...staged, ...nativeFiles].sort()
  try {
    await build({
      projectDir: root,
      targets: Platform.LINUX.createTarget('dir', Arch.x64),
      publish: 'never',
      config: builderConfig({
        stage,
        output,
        electronVersion: version,
        electronDist: electron === null ? await makeStubDist(stub, version) : dirname(electron),
      }),
    })
  } finally {
    rmSync(stage, { recursive: true, force: true })
    rmSync(stub, { recursive: true, force: true })
  }
  return {
    folder,
    files,
    stubbed: electron === null,
    electronVersion: version,
    ...(await verifyPackage(folder, files)),
  }
}
