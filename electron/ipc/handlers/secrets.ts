import { KeyturnError } from '../../../shared/errors/problem.ts'
import { unmetRules } from '../../../shared/forms/secret-rules.ts'
import type { KeptSecretRow } from '../../../shared/ipc/schemas.ts'
import { asHandleId, type HandleId } from '../../../shared/model/ids.ts'
import type { SecretPurpose } from '../../../shared/model/secrets.ts'
import { tokenLabel, tokenToSend } from '../../../shared/model/storage-token.ts'
import { copiesByHandle } from '../../inventory/kept-copies.ts'
import { generatePassword } from '../../platform/generate-password.ts'
import { SecretBytes } from '../../platform/secret-bytes.ts'
import type { Clock } from '../../ports/clock.ts'
import type { HandleInfo, Keyring } from '../../ports/keyring.ts'
import { credentialOf } from '../../profile/connection-parts.ts'
import type { Connections } from '../../profile/connections.ts'
import type { Drafts } from '../../profile/drafts.ts'
import type { Record } from '../../record/record.ts'
import { pageOf, type Cells } from '../paging.ts'
import type { Handlers } from '../router.ts'

export interface SecretsParts {
  keyring: Keyring
  record: Record
  connections: Connections
  drafts: Drafts
  clock: Clock
}

export const keptCells: Cells<KeptSecretRow> = {
  label: ({ label }) => label,
  purpose: ({ purpose }) => purpose,
  target: ({ target }) => target,
  generation: ({ generation }) => generation,
  keptAt: ({ keptAt }) => keptAt,
  copies: ({ copies }) => copies.map(({ location }) => location).join(', '),
  uses: ({ uses }) => uses.join(', '),
}

export const secretsHandlers = (parts: SecretsParts) => {
  const { keyring, record, clock } = parts
  return {
    'secrets.keep': async ({ purpose, target, label, rule, bytes }) => {
      using typed = SecretBytes.take(bytes)
      const unmet = typed.use((held) => unmetRules(rule, held.toString('utf8')))
      if (unmet.length > 0) {
        throw new KeyturnError(
          'answers-incomplete',
          { count: 1 },
          { fields: [{ field: label, message: unmet.join('. ') }] },
        )
      }
      if (rule !== 'storage-token') return kept(await keyring.put({ purpose, target, label }, typed))
      // What the token says of its end is all that anybody can learn of it later.
      using token = typed.use((held) => SecretBytes.take(Buffer.from(tokenToSend(held.toString('utf8')))))
      const named = typed.use((held) => tokenLabel(label, held.toString('utf8')))
      return kept(await keyring.put({ purpose, target, label: named }, token))
    },
    'secrets.generate': async ({ purpose, target, label }) => {
      using secret = generatePassword()
      return kept(await keyring.put({ purpose, target, label }, secret))
    },
    'secrets.about': async ({ handle }) => {
      const info = keyring.list().find(({ id }) => id === handle)
      return { found: info !== undefined, label: info?.label ?? '', keptAt: info?.keptAt ?? null }
    },
    'secrets.list': async ({ page }) => ({
      ...pageOf(keptRows(parts, keyring.list()), page, keptCells),
      asOf: clock.now().toISOString(),
      missing: [],
    }),
    'secrets.drop': async ({ handle }) => {
      const info = keyring.list().find(({ id }) => id === handle)
      if (info === undefined) throw new KeyturnError('handle-unknown', { handle })
      const [row] = keptRows(parts, [info])
      const needed = row === undefined ? [] : [...row.uses, ...row.copies.map(copyWords)]
      if (needed.length > 0) throw new KeyturnError('secret-in-use', { uses: shortened(needed) })
      await keyring.drop(handle)
      record.append({ kind: 'secret-dropped', body: { handle, label: info.label }, outcome: 'done' })
      return { done: true }
    },
  } satisfies Partial<Handlers>
}

const mostNamed = 5

const shortened = (needed: readonly string[]): string => {
  const more = needed.length - mostNamed
  return `${needed.slice(0, mostNamed).join('; ')}${more > 0 ? `; and ${more} more` : ''}`
}

const copyWords = ({ key, location }: KeptSecretRow['copies'][number]): string =>
  `it opens ${key} (${location})`

/** What is known of kept passwords, with what each opens. */
export const keptRows = (
  { record, connections, drafts }: SecretsParts,
  infos: readonly HandleInfo[],
): KeptSecretRow[] => {
  const runs = record.runs('all')
  const copies = copiesByHandle(runs)
  const uses = new Map<string, string[]>()
  const use = (handle: string | null, words: string): void => {
    if (handle !== null) uses.set(handle, [...(uses.get(handle) ?? []), words])
  }
  for (const connection of connections.list())
    use(credentialOf(connection), `connection ${connection.name} signs in with it`)
  for (const { id, purpose } of infos)
    if (purpose === 'record.countersign') use(id, 'the record is countersigned with it')
  for (const draft of drafts.list())
    for (const answer of new Set(Object.values(draft.answers)))
      if (typeof answer === 'string') use(answer, `a draft (${draft.job}) names it`)
  for (const { run } of runs)
    if (run.endedAt === null)
      for (const { handle } of run.plan.secrets) use(handle, `run “${run.title}” is not decided`)
  const names = new Map<string, string>(connections.list().map(({ id, name }) => [id, name]))
  return infos.map(({ id, label, purpose, target, generation, keptAt }) => ({
    id,
    label,
    purpose,
    target: target === null ? null : (names.get(target) ?? ownerWords(purpose, target)),
    generation,
    keptAt,
    copies: copies.get(id) ?? [],
    uses: uses.get(id) ?? [],
  }))
}

const ownerWords = (purpose: SecretPurpose, target: string): string => {
  if (purpose === 'escrow.share') return `escrow package ${target}`
  return purpose === 'escrow.recipient-passphrase' ? 'a folder of yours' : 'a connection that was removed'
}

const kept = ({ id, keptAt }: { id: HandleId; keptAt: string }): { handle: string; keptAt: string } => ({
  handle: asHandleId(id),
  keptAt,
})
