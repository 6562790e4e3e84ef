import { KeyturnError, problemOf } from '../../../shared/errors/problem.ts'
import { asTargetId } from '../../../shared/model/ids.ts'
import type { PlanReader } from '../../engine/contract.ts'
import type { Read } from '../sqlserver/facts-model.ts'
import type { TokenFact } from './facts-model.ts'

/** Only the id counts: name and environment come back from the connection itself. */
const refOf = (id: string) =>
  ({ id: asTargetId(id), kind: 'hsm', name: id, environment: 'production' }) as const

/** The token that takes the keys; tries no PIN, so of its keys only the public halves are seen. */
export const readToken = async (id: string, reader: PlanReader): Promise<Read<TokenFact>> => {
  const at = (): string => reader.clock.now().toISOString()
  try {
    const open = await reader.hsms.open(refOf(id))
    try {
      const { facts: token, identity, probe, ref: target } = open
      const { abilities } = await open.token.capabilities()
      const shown = await open.token.find({ onlyPublic: true })
      return {
        read: true,
        value: {
          target,
          identity,
          readAt: at(),
          token,
          abilities,
          probe,
          keptPin: reader.hsms.keptPin(target.id),
          shown: shown
            .filter(({ kept }) => kept === 'token')
            .map(({ id: keyId, label }) => ({ id: keyId, label })),
        },
        source: `${target.name}, token information`,
        at: at(),
      }
    } finally {
      await open.close()
    }
  } catch (error) {
    if (!(error instanceof KeyturnError) || problemOf(error).code === 'internal') throw error
    const { title, next } = problemOf(error)
    return { read: false, because: `${title}. ${next}`, source: 'token', at: at() }
  }
}
