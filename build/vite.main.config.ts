import { readFileSync } from 'node:fs'
import { defineConfig, type Plugin } from 'vite'

const verifier = 'keyturn-audit-verify.mjs'

/** The script that checks an exported record goes out as it is written: people have to be able to read it. */
const verifierBeside: Plugin = {
  name: 'keyturn-verifier-beside',
  generateBundle() {
    const source = readFileSync(`electron/record/offline/${verifier}`)
    this.emitFile({ type: 'asset', fileName: verifier, source })
  },
}

/**
 * The main process: one file per entry, for Electron's Node and for Node 24 alike. What has native code or is supplied
 * by the host stays outside the bundle.
 */
export default defineConfig({
  plugins: [verifierBeside],
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
