import { defineConfig } from 'vite'

/** The preload of Electron's sandboxed renderer: one CommonJS file; `require` gives it only electron. */
export default defineConfig({
  build: {
    target: 'chrome156',
    outDir: 'out/preload',
    emptyOutDir: true,
    sourcemap: false,
    minify: false,
    lib: { entry: 'electron/shell/electron/preload.ts', formats: ['cjs'], fileName: () => 'preload.cjs' },
    rollupOptions: { external: ['electron'] },
  },
})
