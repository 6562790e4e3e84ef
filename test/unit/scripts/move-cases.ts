import { displayScript, type Script } from '../../../shared/model/script.ts'
import * as move from '../../../electron/scripts/tsql/move.ts'
import type { Case } from './properties.ts'

const shown = (script: Script): string => displayScript(script).replaceAll(/«\w+»/g, 'secret')

const moving = {
  backup: { database: 'd', path: 'p', encryption: null, name: 'n', description: 'x', stats: 5 },
  restore: { database: 'd', path: 'p', moves: [{ logical: 'l', to: 't' }], replace: false, stats: 5 },
} as const

/** A function, so that it is there when the list below is made. */
export function moveCases(): Record<string, Case> {
  const name = (build: (text: string) => string, times = 1): Case => ({ build, reads: 'name', times })
  const literal = (build: (text: string) => string, times = 1): Case => ({ build, reads: 'literal', times })
  const { backup: b, restore: r } = moving
  return {
    'move: backup of a database': name((text) => shown(move.backUpForMove({ ...b, database: text }))),
    'move: backup path': literal((text) => shown(move.backUpForMove({ ...b, path: text }))),
    'move: backup certificate': name((text) =>
      shown(move.backUpForMove({ ...b, encryption: { certificate: text, algorithm: 'AES_256' } })),
    ),
    'move: restored database': name((text) => shown(move.restoreMoved({ ...r, database: text }))),
    'move: restored logical name': literal((text) =>
      shown(move.restoreMoved({ ...r, moves: [{ logical: text, to: 't' }] })),
    ),
    'move: restored file': literal((text) =>
      shown(move.restoreMoved({ ...r, moves: [{ logical: 'l', to: text }] })),
    ),
    'move: attached database': name((text) => shown(move.attachDatabase(text, ['p'], 'MULTI_USER')), 2),
    'move: attached file': literal((text) => shown(move.attachDatabase('d', [text], 'MULTI_USER'))),
    'move: owner': name((text) => shown(move.setOwner(text, text)), 2),
    'move: trustworthy': name((text) => shown(move.setTrustworthy(text))),
    'move: broker': name((text) => shown(move.enableBroker(text))),
    'move: login': literal((text) => move.loginNamed(text)),
    'move: database offline': name((text) => shown(move.setOffline(text))),
    'move: database online': name((text) => shown(move.setOnline(text))),
    'move: database opened to users': name((text) => shown(move.openToUsers(text, 'MULTI_USER'))),
    'move: database checked': name((text) => shown(move.checkMoved(text))),
    'move: file of a dropped database': literal((text) => shown(move.dropMoved('d', [text]))),
    'move: file waited for': literal((text) => shown(move.waitForFiles([], [text]))),
    'move: files of a database': literal((text) => move.movedFiles(text)),
    'move: users of a database': name((text) => move.usersIn(text)),
    'move: size of a file': literal((text) => move.sizeOfFile('d', text)),
  }
}
