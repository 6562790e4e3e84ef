import { readFileSync } from 'node:fs'
import { defineConfig, type Plugin } from 'vite'

/** Scripts that go out as they are written, because people have to be able to read them: name and folder. */
const scripts = [
  ['keyturn-audit-verify.mjs', 'electron/record/offline'],
  ['recombine.py', 'electron/escrow'],
] as const

const scriptsBeside: Plugin = {
  name: 'keyturn-scripts-beside',
  generateBundle() {
    for (const [fileName, folder] of scripts) {
      this.emitFile({ type: 'asset', fileName, source: readFileSync(`${folder}/${fileName}`) })
    }
  },
}

/**
 * The main process: one file per entry, for Electron's Node and for Node 24 alike. What has native code or is supplied
 * by the host stays outside the bundle.
 */
export default defineConfig({
  plugins: [scriptsBeside],
  build: {
    ssr: true,
    target: 'node24',
    outDir: 'out/main',
    emptyOutDir: true,
    sourcemap: true,
    minify: false,
    rollupOptions: {
      input: {
        electron: 'electron/main.ts',
        chromium: 'electron/chromium.ts',
        cli: 'electron/cli.ts',
        hsm: 'electron/targets/hsm/process/main.ts',
        sandbox: 'sandbox/sqlserver/main.ts',
        'hsm-token': 'sandbox/hsm/initialise.ts',
        azurite: 'sandbox/azure/blob/azurite-process.ts',
      },
      output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
    },
  },
  ssr: { noExternal: true, external: ['electron', 'playwright-core', 'pkcs11js'] },
})
