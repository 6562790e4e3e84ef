import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

/**
 * The window's bundle. The same files serve both shells; both send a CSP without `unsafe-inline`, so nothing may be
 * inlined: no script, no style, no font as a data address.
 */
export default defineConfig({
  root: fileURLToPath(new URL('../renderer/', import.meta.url)),
  base: './',
  plugins: [react()],
  build: {
    outDir: fileURLToPath(new URL('../out/renderer/', import.meta.url)),
    emptyOutDir: true,
    target: 'chrome140',
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    sourcemap: false,
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            // A few files instead of forty: every file is a request of its own through main.
            {
              name: 'parts',
              minShareCount: 3,
              test: /[\\/]node_modules[\\/](react|react-dom|scheduler|zustand|stylis|clsx|@emotion[\\/][^\\/]+|@popperjs[\\/][^\\/]+|react-transition-group|@mui[\\/](material|system|utils|styled-engine|private-theming|icons-material))[\\/]/,
            },
            { name: 'common', test: /[\\/](renderer|shared)[\\/]/, minShareCount: 3 },
          ],
        },
      },
    },
    reportCompressedSize: true,
  },
})
