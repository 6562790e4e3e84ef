import type { Answers, NextStep } from '../../../shared/forms/form.ts'
import type { Evidence } from '../../../shared/model/evidence.ts'
import type { RunView } from '../../../shared/model/plan.ts'

/** Answers for a new draft about what the run read back; null: it read none, or the job takes none. */
export const answersCarried = ({ to, carries }: NextStep, view: RunView): Answers | null => {
  if (carries === 'vault-key' && to === 'vault-key-rotation') return vaultKeyOf(view)
  return carries === 'transfer-files' && to === 'key-import' ? transferFilesOf(view) : null
}

type Data = NonNullable<Evidence['data']>

const dataOf = (view: RunView): Data[] =>
  view.steps.flatMap(({ evidence }) => evidence).flatMap(({ data }) => (data === undefined ? [] : [data]))

const vaultKeyOf = (view: RunView): Answers | null => {
  const azure = view.plan.targets.find(({ ref }) => ref.kind === 'azure')?.ref.id
  const found = dataOf(view).find(
    (data) => typeof data['vaultKey'] === 'string' && typeof data['vaultHost'] === 'string',
  )
  if (azure === undefined || found === undefined) return null
  return {
    azure,
    vault: String(found['vaultHost']),
    to: 'other-key',
    otherKey: String(found['vaultKey']),
  }
}

/** The first two files: an import takes two vaults. The subscription is asked, since a vault's connection names none. */
const transferFilesOf = (view: RunView): Answers | null => {
  const hsm = view.plan.targets.find(({ ref }) => ref.kind === 'hsm')?.ref.id
  const [first, second] = dataOf(view).filter(
    ({ file, vaultHost }) => typeof file === 'string' && typeof vaultHost === 'string',
  )
  if (hsm === undefined || first === undefined) return null
  return {
    task: 'transfer',
    vault: String(first['vaultHost']),
    ...(second === undefined
      ? {}
      : { second: true, secondVault: String(second['vaultHost']), secondFile: String(second['file']) }),
    keyName: String(first['hsmKey']),
    ...placeOf(view),
    file: String(first['file']),
    origin: 'token',
    hsm,
    tokenKey: String(first['hsmKeyId']),
  }
}

const placeOf = ({ plan }: RunView): Answers => {
  const params = plan.steps.find(({ kind }) => kind === 'wrap-hsm-key')?.params
  const place =
    typeof params === 'object' && params !== null && !Array.isArray(params) && 'place' in params
      ? params.place
      : undefined
  return typeof place === 'string' ? { place } : {}
}
