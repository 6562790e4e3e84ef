import { KeyturnError } from '../../../shared/errors/problem.ts'
import { sqlConnectionAnswers } from '../../../shared/forms/connection.ts'
import type { ConnectionTest, ConnectionView } from '../../../shared/ipc/schemas.ts'
import type { TargetId } from '../../../shared/model/ids.ts'
import { displayScript } from '../../../shared/model/script.ts'
import type { HsmModulePin } from '../../../shared/model/hsm.ts'
import type { Connection } from '../../../shared/model/target.ts'
import type { Inventory } from '../../inventory/inventory.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Keyring } from '../../ports/keyring.ts'
import { credentialOf } from '../../profile/connection-parts.ts'
import type { Connections } from '../../profile/connections.ts'
import type { Record } from '../../record/record.ts'
import { leastPrivilegeLogin } from '../../scripts/tsql/least-privilege.ts'
import type { Handlers } from '../router.ts'
import { accountOf, addressWords, parsedAnswers, stateAfter } from './connection-kinds.ts'

export interface ConnectionsParts {
  connections: Connections
  keyring: Keyring
  record: Record
  inventory: Inventory
  clock: Clock
  /** Rehearsals hold only simulated systems, which main adds itself. */
  rehearsal: boolean
  test(connection: Connection): Promise<ConnectionTest & { clockDifferenceSeconds: number | null }>
  /** Opens the target as its jobs do, which remembers its identity the first time. */
  connect(target: TargetId): Promise<void>
  /** The file that a person chose by this id; `not-found`. */
  moduleOf(id: string): HsmModulePin
  /** Closes open connections of a target that was edited or removed. */
  drop(target: TargetId): Promise<void>
  /** Refuses while a run holds the target. */
  assertFree(target: TargetId): void
}

type TestedState = Pick<ConnectionView, 'state' | 'lastRead' | 'problem' | 'clockDifferenceSeconds'>

const untested: TestedState = {
  state: 'not-tested',
  lastRead: null,
  problem: null,
  clockDifferenceSeconds: null,
}
const done = { done: true } as const

const chooseModule = (): KeyturnError =>
  new KeyturnError(
    'answers-incomplete',
    { count: 1 },
    { fields: [{ field: 'module', message: 'Choose the module' }] },
  )

/** Main alone adds what is simulated, in a rehearsal's own profile: plans allow for tests there what a real key may not meet. */
const refuseRehearsal = ({ environment }: Pick<Connection, 'environment'>): void => {
  if (environment !== 'rehearsal') return
  const fields = [{ field: 'environment', message: 'Choose production or test' }]
  throw new KeyturnError('answers-incomplete', { count: 1 }, { fields })
}

export const connectionsHandlers = (parts: ConnectionsParts) => {
  const { connections, keyring, record, inventory, clock, rehearsal } = parts
  const tested = new Map<TargetId, TestedState>()

  const changed = async (id: TargetId): Promise<void> => {
    tested.delete(id)
    inventory.forget(id)
    await parts.drop(id)
  }

  /** A password that was entered again leaves no old one behind. */
  const dropReplaced = async (
    before: Connection,
    after: Parameters<typeof credentialOf>[0],
  ): Promise<void> => {
    const old = credentialOf(before)
    if (old !== null && old !== credentialOf(after)) await keyring.drop(old)
  }

  return {
    'connections.list': async () =>
      connections.list().map((connection) => ({
        connection,
        account: accountOf(connection, connections),
        ...(tested.get(connection.id) ?? untested),
      })),

    'connections.save': async ({ id, connection }) => {
      if (rehearsal) throw new KeyturnError('not-in-rehearsal', { what: 'adding a connection' })
      const answers = parsedAnswers(connection, (module) => {
        if (module !== null) return parts.moduleOf(module)
        if (id !== null) return connections.hsm(id).module
        throw chooseModule()
      })
      refuseRehearsal(answers)
      // A vault signs in with an Azure connection that is there.
      if (answers.kind === 'keyvault') connections.azure(answers.azure)
      if (id !== null) parts.assertFree(id)
      const before = id === null ? null : connections.get(id)
      const saved = await connections.save(id, answers)
      if (saved.droppedCredential) await keyring.dropForTarget(saved.id)
      else if (before !== null) await dropReplaced(before, answers)
      await changed(saved.id)
      const { name } = answers
      const objects = [{ type: 'target', id: saved.id, name }] as const
      record.append(
        before === null
          ? {
              kind: 'connection-added',
              body: { name, address: addressWords(answers), environment: answers.environment },
              outcome: 'done',
              objects,
            }
          : {
              kind: 'connection-edited',
              body: {
                name,
                changed: changedFields(before, answers),
                credentialDropped: saved.droppedCredential,
              },
              outcome: 'done',
              objects,
            },
      )
      return saved
    },

    'connections.remove': async ({ id }) => {
      parts.assertFree(id)
      const users = connections.list().filter((one) => one.kind === 'keyvault' && one.azure === id)
      if (users.length > 0) {
        throw new KeyturnError('connection-needed', {
          name: connections.get(id).name,
          users: users.map(({ name }) => name).join(', '),
        })
      }
      const { name } = connections.get(id)
      await connections.remove(id)
      await keyring.dropForTarget(id)
      await changed(id)
      record.append({
        kind: 'connection-removed',
        body: { name },
        outcome: 'done',
        objects: [{ type: 'target', id, name }],
      })
      return done
    },

    'connections.test': async ({ id }) => {
      const connection = connections.get(id)
      const { clockDifferenceSeconds, ...result } = await parts.test(connection)
      // The first use keeps the identity; a test that succeeded is one.
      if (result.problem === null) await parts.connect(id)
      tested.set(id, {
        state: stateAfter(result, connection),
        lastRead: result.problem ? (tested.get(id)?.lastRead ?? null) : clock.now().toISOString(),
        problem: result.problem,
        clockDifferenceSeconds,
      })
      record.append({
        kind: 'connection-tested',
        body: {
          name: connection.name,
          principal: accountOf(connection, connections),
          problem: result.problem,
        },
        outcome: result.problem ? 'failed' : 'done',
        objects: [{ type: 'target', id, name: connection.name }],
      })
      return result
    },

    'connections.acceptIdentity': async ({ id, sha256 }) => {
      parts.assertFree(id)
      const connection = connections.get(id)
      if (
        connection.kind === 'sqlserver' &&
        connection.encryption.mode !== 'off' &&
        connection.encryption.trust.kind === 'pin'
      ) {
        const { encryption } = connection
        const answers = sqlConnectionAnswers.parse({
          ...connection,
          encryption: { ...encryption, trust: { kind: 'pin', sha256 } },
        })
        const { droppedCredential } = await connections.save(id, answers)
        if (droppedCredential) await keyring.dropForTarget(id)
      }
      await connections.rememberIdentity(id, null)
      await changed(id)
      record.append({
        kind: 'connection-edited',
        body: { name: connection.name, changed: ['identity'], credentialDropped: false },
        outcome: 'done',
        objects: [{ type: 'target', id, name: connection.name }],
      })
      return done
    },

    'connections.leastPrivilegeScript': async ({ id, login }) => {
      connections.sqlServer(id)
      return { text: leastPrivilegeLogin(login).map(displayScript).join('\nGO\n\n') }
    },
  } satisfies Partial<Handlers>
}

const changedFields = (before: Connection, after: object): string[] => {
  const was = new Map<string, unknown>(Object.entries(before))
  return Object.entries(after)
    .filter(([field, value]) => JSON.stringify(value) !== JSON.stringify(was.get(field)))
    .map(([field]) => field)
}
