import type { Answers, FactOption, FormFacts } from '../../../shared/forms/form.ts'
import type { CertificateDraft } from '../../../shared/forms/certificate-draft.ts'
import type { Warning } from '../../../shared/model/plan.ts'
import type { NamedReplica } from '../sqlserver/read-replicas.ts'
import type { Facts } from './facts-model.ts'

/** What the task “Copy” says of the availability replicas that the catalog names. Pure. */

/** `SQL-02 (Sales, Payroll): connection prod-02`. */
export const replicaText = ({ name, databases, connection }: NamedReplica): string =>
  `${name} (${databases.join(', ')}): ${connection === null ? 'no connection' : `connection ${connection.name}`}`

/** Servers that can get a copy; those of the catalog's replicas say of which databases. */
export const otherTargets = (
  { target, replicasNamed }: Facts,
  targets: readonly FactOption[],
): FactOption[] =>
  targets
    .filter(({ value }) => value !== target.id)
    .map((option) => {
      const replica = replicasNamed.find(({ connection }) => connection?.id === option.value)
      return {
        ...option,
        facts: { 'Replica of': replica === undefined ? 'none' : replica.databases.join(', ') },
      }
    })

/** All replicas that can be reached, while nothing is chosen. */
export const suggestedReplicas = ({ replicasNamed }: Facts, answers: Answers): FormFacts['suggested'] => {
  const reached = replicasNamed.flatMap(({ connection }) => (connection === null ? [] : [connection.id]))
  return answers['task'] === 'copy' && reached.length > 0
    ? { replicas: { value: reached, because: 'The catalog names them as replicas' } }
    : {}
}

const without = (names: readonly string[]): string =>
  `${names.join(', ')}: no connection. Add one under Connections and test it, then read again`

export const replicaChecks = ({ replicas, replicasNamed }: Facts): FormFacts['checks'] => {
  const missing = replicasNamed.filter(({ connection }) => connection === null).map(({ name }) => name)
  return [
    {
      name: 'Connections to replicas',
      state: !replicas.read || missing.length > 0 ? 'unknown' : 'ok',
      detail: !replicas.read
        ? replicas.because
        : missing.length > 0
          ? without(missing)
          : replicasNamed.length === 0
            ? 'the catalog names no replica'
            : 'every replica that the catalog names has one',
      at: replicas.at,
      field: 'replicas',
    },
  ]
}

/** What a copy leaves out: replicas that it could reach, and those that nobody here can. */
export const replicasLeftOut = (draft: CertificateDraft, { replicasNamed, others }: Facts): Warning[] => {
  // Two connections may lead to one server: what a chosen one says of itself counts.
  const reached = others.flatMap((other) =>
    other.answered ? [other.facts.identity.serverName.toLowerCase()] : [],
  )
  const left = replicasNamed.filter(
    ({ name, connection }) =>
      !reached.includes(name.toLowerCase()) &&
      (connection === null || !draft.replicas.includes(connection.id)),
  )
  const namesWhere = (reachable: boolean): string[] =>
    left.filter(({ connection }) => (connection !== null) === reachable).map(({ name }) => name)
  const needs =
    'Without the certificate such a replica can neither restore these backups nor open these databases after a failover'
  return [
    ...(namesWhere(true).length === 0
      ? []
      : [{ what: `Not chosen: ${namesWhere(true).join(', ')}`, why: needs, screen: 'places' }]),
    ...(namesWhere(false).length === 0
      ? []
      : [
          {
            what: `Not reached: ${namesWhere(false).join(', ')}`,
            why: `${needs}. No connection here leads there: add one under Connections and test it, then copy again`,
            screen: 'places',
          },
        ]),
  ]
}
