/**
 * Entry of the simulators' process in the crash matrix: the same program, and what the first one compiled serves all.
 * The program hands no variable of Node on to its children, so the folder is told here.
 */
import { enableCompileCache } from 'node:module'
import { join } from 'node:path'

enableCompileCache(join(import.meta.dirname, 'compiled'))
await import('../../sandbox/sqlserver/main.ts')
