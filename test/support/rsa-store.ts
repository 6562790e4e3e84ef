import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    /** Folder of the RSA keys of this run (`rsa-supply.ts`). */
    rsaStore: string
  }
}

/** Opens an empty store for one run of the suite and removes it afterwards: no key outlives the run. */
export default (project: TestProject): (() => void) => {
  const folder = mkdtempSync(join(tmpdir(), 'keyturn-test-keys-'))
  project.provide('rsaStore', folder)
  return () => rmSync(folder, { recursive: true, force: true })
}
