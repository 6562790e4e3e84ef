import { createThrowAwayMasterKey, dropDrillCertificate } from '../../scripts/tsql/drill.ts'
import { createMasterKey, dropMasterKey } from '../../scripts/tsql/master-key.ts'
import type { Draftstep } from './plan-parts.ts'

/** Steps that every drill on a SQL Server has: an empty server, a master key for it, and what is removed again. */

const once = { stopNow: null } as const
const controlMaster = 'CONTROL on master'

export const emptyServerStep: Draftstep = {
  kind: 'check-drill-server',
  title: 'Check that the drill server is empty',
  now: 'Read when this plan was made',
  after: 'Read again: no user databases',
  scripts: [],
  params: {},
  permission: 'VIEW ANY DATABASE (everybody has it unless it was taken away)',
  undo: { can: false, because: 'It changes nothing', leaves: 'nothing' },
  resume: 'named',
  ...once,
}

/** `use`: the one that is there. The others make one, under a password that is kept or thrown away. */
export type MasterKeyMode = 'throw-away' | 'password' | 'use'

interface Words {
  /** What the job calls the server. */
  server: 'the drill server' | 'the server'
  /** Whether what is made is removed at the end. */
  removed: boolean
}

export const masterKeySteps = (mode: MasterKeyMode, { server, removed }: Words): Draftstep[] => {
  if (mode === 'use') return []
  const common = {
    now: 'master has no database master key',
    after: `It has one that the server opens by itself${removed ? '; the drill removes it at its end' : ''}`,
    permission: controlMaster,
    undo: { can: true, action: 'Drop the database master key', script: dropMasterKey() },
    resume: 'before-image',
    ...once,
  } as const
  return mode === 'password'
    ? [
        {
          kind: 'create-master-key',
          title: `Create a master key on ${server}`,
          scripts: [createMasterKey()],
          params: { database: 'master' },
          ...common,
        },
      ]
    : [
        {
          kind: 'create-drill-master-key',
          title: `Create a master key on ${server}, under a throw-away password`,
          scripts: [createThrowAwayMasterKey()],
          params: {},
          ...common,
        },
      ]
}

const removal = { can: false, because: 'It only removes what this drill made', leaves: 'nothing' } as const

/** `came`: how the drill brought it. `source`: what it came from, which stays. */
export const removeCertificateStep = (
  certificate: string,
  { server, came, source }: { server: Words['server']; came: 'imported' | 'restored'; source: string },
): Draftstep => ({
  kind: 'drop-drill-certificate',
  title: `Remove certificate ${certificate}`,
  now: `On ${server}, ${came} by this drill`,
  after: `Not there any more; ${source}`,
  scripts: [dropDrillCertificate(certificate)],
  params: { certificate },
  permission: `CONTROL on certificate ${certificate}`,
  undo: removal,
  resume: 'named',
  ...once,
})

export const removeMasterKeySteps = (mode: MasterKeyMode, server: Words['server']): Draftstep[] =>
  mode === 'use'
    ? []
    : [
        {
          kind: 'drop-drill-master-key',
          title: 'Remove the master key that this drill made',
          now: `On ${server}, made by this drill`,
          after: 'master has no database master key, as before',
          scripts: [dropMasterKey()],
          params: {},
          permission: controlMaster,
          undo: removal,
          resume: 'before-image',
          ...once,
        },
      ]
