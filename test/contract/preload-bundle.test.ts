/**
 * The preload as it is built: Electron's sandbox takes one CommonJS file, whose `require` knows electron and nothing of
 * Node. It runs here with exactly that much.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runInNewContext } from 'node:vm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { build } from 'vite'

const outDir = mkdtempSync(join(tmpdir(), 'keyturn-preload-'))
const root = join(import.meta.dirname, '../..')
let code = ''

beforeAll(async () => {
  await build({
    root,
    configFile: join(root, 'build/vite.preload.config.ts'),
    logLevel: 'error',
    build: { outDir },
  })
  code = readFileSync(join(outDir, 'preload.cjs'), 'utf8')
})
afterAll(() => rmSync(outDir, { recursive: true, force: true }))

describe('the built preload', () => {
  it('is one small file: the contract’s schemas are not in it', () => {
    expect(readdirSync(outDir)).toEqual(['preload.cjs'])
    expect(code.length).toBeLessThan(10_000)
  })

  it('runs with nothing but electron to require, and exposes one name', () => {
    const required: string[] = []
    const exposed: string[] = []
    const electron = {
      contextBridge: { exposeInMainWorld: (name: string) => exposed.push(name) },
      ipcRenderer: { on: () => undefined, invoke: () => undefined },
    }
    runInNewContext(code, {
      require: (name: string) => {
        required.push(name)
        if (name !== 'electron') throw new Error(`module not found: ${name}`)
        return electron
      },
      module: { exports: {} },
      exports: {},
    })
    expect([required, exposed]).toEqual([['electron'], ['keyturn']])
  })
})
