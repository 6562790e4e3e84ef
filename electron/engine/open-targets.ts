import type { ErrorCode } from '../../shared/errors/catalogue.ts'
import { KeyturnError } from '../../shared/errors/problem.ts'
import type { TargetId } from '../../shared/model/ids.ts'
import type { PlanTarget } from '../../shared/model/plan.ts'
import type { TargetRef } from '../../shared/model/target.ts'
import type { OpenHsm } from '../ports/hsm-targets.ts'
import type { SqlServer } from '../ports/sql-server.ts'
import { canonicalJson } from './canonical.ts'
import type { EngineDeps } from './engine-deps.ts'

/** The targets of one run: each opened, and compared with what the plan was made for. */
export interface OpenTargets {
  /** Opens what is not open and compares all of them again. */
  open(): Promise<void>
  /** `internal` where the target is no SQL Server of this plan. */
  serverOf(target: TargetId): SqlServer
  /** The targets that have sessions and a lock of the server's own. */
  servers(): readonly SqlServer[]
  /**
   * The run's own session of a token, opened where it is not: a logged-in one is not kept while a run waits for a person.
   * `internal` where the target is no token of this plan.
   */
  hsmOf(target: TargetId): Promise<OpenHsm>
  /** Ends the process of one token; repeating it is harmless. */
  closeToken(target: TargetId): Promise<void>
  /** Ends the processes of tokens. Repeating it is harmless. */
  closeTokens(): Promise<void>
  /** The principal that the target authenticated. */
  principalOf(target: TargetId): string
}

interface Opened {
  identity: object
  principal: string
  /** Null: not a SQL Server. */
  server: SqlServer | null
}

type Openers = Pick<EngineDeps, 'servers' | 'azure' | 'hsms'>

export const createOpenTargets = (targets: readonly PlanTarget[], deps: Openers): OpenTargets => {
  const opened = new Map<TargetId, Opened>()
  const tokens = new Map<TargetId, OpenHsm>()
  const openedAs = (target: TargetId): Opened => {
    const one = opened.get(target)
    if (one === undefined) throw new KeyturnError('internal')
    return one
  }
  /** Its calls find out whether one that is open already is still there. */
  const openToken = async (target: PlanTarget): Promise<Opened> => {
    const token = tokens.get(target.ref.id) ?? (await deps.hsms.open(target.ref))
    tokens.set(target.ref.id, token)
    const one = {
      identity: token.identity,
      principal: `user of token ${token.identity.serial}`,
      server: null,
    }
    compareIdentity(target, one)
    return one
  }
  return {
    async open() {
      for (const target of targets) {
        const one =
          target.ref.kind === 'hsm'
            ? await openToken(target)
            : await openOne(target.ref, target.ref.kind, deps)
        compareIdentity(target, one)
        opened.set(target.ref.id, one)
      }
    },
    serverOf(target) {
      const { server } = openedAs(target)
      if (server === null) throw new KeyturnError('internal')
      return server
    },
    async hsmOf(id) {
      const target = targets.find(({ ref }) => ref.id === id && ref.kind === 'hsm')
      if (target === undefined) throw new KeyturnError('internal')
      const there = tokens.get(id)
      if (there !== undefined) return there
      await openToken(target)
      return tokens.get(id) ?? Promise.reject(new KeyturnError('internal'))
    },
    async closeToken(id) {
      const token = tokens.get(id)
      tokens.delete(id)
      await token?.close()
    },
    async closeTokens() {
      const all = [...tokens.values()]
      tokens.clear()
      for (const token of all) await token.close()
    },
    servers: () => [...opened.values()].flatMap(({ server }) => (server === null ? [] : [server])),
    principalOf: (target) => openedAs(target).principal,
  }
}

const openOne = async (
  ref: TargetRef,
  kind: Exclude<TargetRef['kind'], 'hsm'>,
  { servers, azure }: Openers,
): Promise<Opened> => {
  switch (kind) {
    case 'sqlserver': {
      const server = await servers.open(ref)
      return { identity: server.identity, principal: server.principal, server }
    }
    case 'azure': {
      const { identity, principal } = await azure.controls.open(ref)
      return { identity, principal: principalWords(principal), server: null }
    }
    case 'escrow':
      return { identity: {}, principal: 'holders of shares', server: null }
    case 'keyvault': {
      const { identity, principal } = await azure.vaults.open(ref)
      return { identity, principal: principalWords(principal), server: null }
    }
  }
}

const principalWords = ({ name, objectId }: { name: string | null; objectId: string }): string =>
  name === null ? `object ${objectId}` : `${name} (object ${objectId})`

const changedCodes = {
  sqlserver: 'sql-identity-changed',
  azure: 'azure-identity-changed',
  keyvault: 'vault-identity-changed',
  hsm: 'hsm-identity-changed',
  // It has no identity of its own to compare.
  escrow: 'internal',
} as const satisfies Record<TargetRef['kind'], ErrorCode>

/** The connection compares with what it remembers; this compares with what the plan was made for. */
const compareIdentity = ({ ref, identity: planned }: PlanTarget, { identity }: Opened): void => {
  if (typeof planned !== 'object' || planned === null || Array.isArray(planned)) return
  const expected = new Map(Object.entries(planned))
  for (const [field, value] of Object.entries(identity)) {
    const was: unknown = expected.get(field)
    if (was !== undefined && canonicalJson(was) !== canonicalJson(value)) {
      const what = `${field} was ${String(was)}, is ${String(value)}`
      throw new KeyturnError(changedCodes[ref.kind], { target: ref.name, what })
    }
  }
}
