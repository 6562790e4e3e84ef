import type { EscrowDrillDraft } from '../../../shared/forms/escrow-drill-draft.ts'
import type { ManifestItem } from '../../escrow/package/manifest.ts'
import { itemPublicPath, sealedPath } from '../../escrow/package/paths.ts'
import { openWrapWork, type OpenedWith } from '../../scripts/escrow/drill-work.ts'
import {
  compareCheckValue,
  comparePublicHalf,
  decryptOnce,
  destroyKey,
  destroySession,
  keepPublicHalf,
  logIn,
  roundTrip,
  script,
  signOnce,
  takeTemporary,
  unwrapEscrowed,
} from '../../scripts/pkcs11/calls.ts'
import type { ParamsOf } from '../../scripts/runbook/step-params.ts'
import { wrapUseOf } from '../hsm/wrap-use.ts'
import type { Draftstep } from '../sqlserver/plan-parts.ts'
import type { Facts, TokenFact } from './facts-model.ts'
import { secretUsesOf } from './key-uses.ts'
import { itemParams, once, onlyReads, type PackageParams } from './plan-parts.ts'

type Key = ParamsOf<'try-escrow-hsm-key'>['key']

/** What a token needs to know of the key; null: Keyturn can’t put it on one. */
export const tokenKeyOf = ({ algorithm, hsm, spkiSha256, kcv }: ManifestItem): Key | null => {
  if (hsm === null || hsm.keyId.length > 64 || (algorithm !== 'RSA' && algorithm !== 'AES')) return null
  if (algorithm === 'RSA' ? spkiSha256 === null : kcv === null) return null
  const { keyId: id, label, attributes } = hsm
  return {
    id,
    label,
    algorithm,
    spkiSha256,
    kcv,
    // What the manifest does not say was not forbidden.
    decrypts: attributes['DECRYPT'] ?? true,
    unwraps: attributes['UNWRAP'] ?? true,
  }
}

export const tokenOf = ({ token }: Facts): TokenFact | null => (token?.read === true ? token.value : null)

interface TokenWork {
  common: PackageParams
  opening: ParamsOf<'open-escrow-package'>['opening']
  folder: string
  shown: OpenedWith
}

/** One step for each key of a drill; two of a recovery: it is put there, then it shows what it does. */
export const tokenSteps = (
  draft: EscrowDrillDraft,
  facts: Facts,
  items: readonly ManifestItem[],
  work: TokenWork,
): Draftstep[] =>
  items
    .flatMap((item) => {
      const key = tokenKeyOf(item)
      return key === null ? [] : [{ item, key }]
    })
    .flatMap((one, index) =>
      draft.purpose === 'drill'
        ? [tryStep(draft, facts, one, work, index === 0)]
        : recoverySteps(draft, facts, one, work, index === 0),
    )

interface One {
  item: ManifestItem
  key: Key
}

const nameOf = (facts: Facts): string => tokenOf(facts)?.target.name ?? '‹token›'
const pinOf = (facts: Facts): string => `The PIN of the user of ${nameOf(facts)}; read access to the folder`

const oaepOf = (token: TokenFact | null): 'sha1' | 'sha256' | null => {
  const oaep = token?.probe?.oaep
  return oaep?.sha256 === true ? 'sha256' : oaep?.sha1 === true ? 'sha1' : null
}

const paramsOf = (draft: EscrowDrillDraft, facts: Facts, { item, key }: One, { common }: TokenWork) => {
  const token = tokenOf(facts)
  return {
    ...common,
    purpose: draft.purpose,
    item: itemParams(item),
    key,
    mechanism: wrapUseOf(token?.probe ?? null).mechanism,
    oaep: oaepOf(token),
  }
}

const unwrapParams = (draft: EscrowDrillDraft, facts: Facts, one: One, work: TokenWork) => {
  const token = tokenOf(facts)
  return {
    ...paramsOf(draft, facts, one, work),
    opening: work.opening,
    testOnly: wrapUseOf(token?.probe ?? null).testOnly,
    token: {
      manufacturer: token?.token.manufacturer ?? '',
      model: token?.token.model ?? '',
      firmware: token?.token.firmware ?? '',
    },
  }
}

const usesOf = (key: Key, kept: 'session' | 'token'): string[] =>
  key.algorithm === 'AES'
    ? secretUsesOf(key, kept).map((use) => use.toUpperCase())
    : ['SIGN', 'DECRYPT', 'UNWRAP']

/** Which key it is, by what it says itself. */
const compared = ({ key }: One) =>
  key.algorithm === 'AES' ? compareCheckValue(key.kcv ?? '') : comparePublicHalf(key.spkiSha256 ?? '')

/** What it does, checked outside. */
const proofLines = (facts: Facts, { item, key }: One, which: string) => {
  const token = tokenOf(facts)
  const path = itemPublicPath(item.number)
  const oaep = oaepOf(token)
  if (key.algorithm === 'AES')
    return key.unwraps ? [roundTrip(wrapUseOf(token?.probe ?? null).mechanism, which)] : []
  return [signOnce(which, path), ...(key.decrypts && oaep !== null ? [decryptOnce(which, oaep, path)] : [])]
}

const doesWords = ({ key }: One): string =>
  key.algorithm === 'AES'
    ? 'its check value is the one of the manifest, and it unwraps what it wrapped'
    : key.decrypts
      ? 'its public key is the one of the manifest; a signature and a random key that was wrapped outside show that its private half works'
      : 'its public key is the one of the manifest; a signature shows that its private half works'

const tryStep = (
  draft: EscrowDrillDraft,
  facts: Facts,
  one: One,
  work: TokenWork,
  isFirst: boolean,
): Draftstep => {
  const { item } = one
  const path = sealedPath(item.number)
  const params = unwrapParams(draft, facts, one, work)
  return {
    kind: 'try-escrow-hsm-key',
    title: `Item ${item.number}: unwrap ${item.name} on ${nameOf(facts)} for this session, and use it`,
    now: `Wrapped in ${path}; nothing of it is on the token`,
    after: `Unwrapped on the token, ${doesWords(one)}; nothing of it is left there${params.testOnly ? '. For tests only: this token wraps against RFC 5649' : ''}`,
    scripts: [
      openWrapWork(work.folder, work.shown, path),
      script(
        ...(isFirst ? [logIn()] : []),
        takeTemporary(path),
        unwrapEscrowed(params.mechanism, path, null, usesOf(one.key, 'session')),
        compared(one),
        ...proofLines(facts, one, '‹copy›'),
        destroySession('‹copy›', '‹temporary key›'),
      ),
    ],
    params,
    permission: pinOf(facts),
    undo: { can: false, because: 'It leaves nothing: its objects end with the session', leaves: 'nothing' },
    resume: 'marked',
    ...once,
  }
}

const recoverySteps = (
  draft: EscrowDrillDraft,
  facts: Facts,
  one: One,
  work: TokenWork,
  isFirst: boolean,
): Draftstep[] => {
  const { item, key } = one
  const path = sealedPath(item.number)
  const params = unwrapParams(draft, facts, one, work)
  const { id, label } = key
  return [
    {
      kind: 'recover-escrow-hsm-key',
      title: `Item ${item.number}: put ${label} on ${nameOf(facts)}, to stay`,
      now: `Wrapped in ${path}; no key that the token shows without a PIN has the id ${id}`,
      after: `On the token under the label ${label} and the id ${id}: sensitive, not extractable${params.testOnly ? '. For tests only: this token wraps against RFC 5649' : ''}`,
      scripts: [
        openWrapWork(work.folder, work.shown, path),
        script(
          ...(isFirst ? [logIn()] : []),
          takeTemporary(path),
          unwrapEscrowed(params.mechanism, path, null, usesOf(one.key, 'session')),
          compared(one),
          destroySession('‹copy›'),
          unwrapEscrowed(params.mechanism, path, { name: label, id }, usesOf(key, 'token')),
          destroySession('‹temporary key›'),
          ...(key.algorithm === 'AES' ? [] : [keepPublicHalf(label, id, itemPublicPath(item.number))]),
        ),
      ],
      params,
      permission: pinOf(facts),
      undo: { can: true, action: `Destroy ${label} on the token`, script: script(destroyKey(id)) },
      resume: 'named',
      ...once,
    },
    {
      kind: 'prove-escrow-hsm-key',
      title: `Item ${item.number}: let the token use ${label}`,
      now: `${label} is on the token; what it does was not tried`,
      after: `On the token: ${doesWords(one)}`,
      scripts: [script(...proofLines(facts, one, `key ${id}`))],
      params: { ...paramsOf(draft, facts, one, work), openedWith: draft.openWith },
      permission: pinOf(facts),
      undo: onlyReads,
      resume: 'named',
      ...once,
    },
  ]
}
