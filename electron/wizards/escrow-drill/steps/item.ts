import { createHash } from 'node:crypto'
import type { Evidence, KeyCopyProof } from '../../../../shared/model/evidence.ts'
import type { StepContext, StepHandler } from '../../../engine/contract.ts'
import { openCertificateItem } from '../../../escrow/escrowed-certificate.ts'
import type { OpenPackage } from '../../../escrow/package/open.ts'
import { readParams, type ParamsOf } from '../../../scripts/runbook/step-params.ts'
import { needed } from '../../sqlserver/steps/help.ts'
import { copyPlace, own, withOpened } from '../../escrow/steps/opened-package.ts'

type Params = ParamsOf<'open-escrow-item'>

/**
 * Opens one item in memory and compares what can be compared; only reads. Content goes nowhere: of what is no
 * certificate, the length and the first digits of a hash are all that is told. Layer: item.
 */
export const openItemStep: StepHandler = {
  check: () => Promise.resolve(needed({ reads: true })),
  apply: () => Promise.resolve(),
  verify: async (ctx) => {
    const params = readParams('open-escrow-item', ctx.step.params)
    return withOpened(ctx, params, (opened) =>
      params.item.kind === 'certificate'
        ? certificateOpened(ctx, params, opened)
        : otherOpened(ctx, params, opened),
    )
  },
}

interface Opened {
  evidence: Evidence[]
  proofs: KeyCopyProof[]
}

const certificateOpened = (ctx: StepContext, params: Params, opened: OpenPackage): Opened => {
  const { number, name } = params.item
  const { facts } = openCertificateItem(opened, number)
  return {
    evidence: [
      own(
        ctx,
        params,
        `Item ${number}, ${name}: it opened, its private key belongs to the certificate, its public key is the one of the manifest; thumbprint`,
        facts.thumbprint,
        { item: number, thumbprint: facts.thumbprint, openedItem: true },
      ),
      own(ctx, params, `Item ${number}: size of its key`, `${facts.bits} bits`),
    ],
    proofs: [
      {
        ...proofOf(ctx, params),
        kind: 'certificate',
        thumbprint: facts.thumbprint,
        note: 'Opened by Keyturn from the package alone: private key opened and matched with the certificate',
      },
    ],
  }
}

const proofOf = (ctx: StepContext, params: Params) =>
  ({
    key: params.item.name,
    location: copyPlace(ctx, params, params.item.number),
    level: 'opened',
    by: 'keyturn',
    at: ctx.clock.now().toISOString(),
  }) as const

/** Enough to compare two openings; a hash of a short passphrase could be guessed at, so it is not told whole. */
const hashDigits = 8

const otherOpened = (ctx: StepContext, params: Params, opened: OpenPackage): Opened => {
  const { number, name, kind } = params.item
  const { item, content, trimmedZeros } = opened.item(number)
  using secret = content
  const compared =
    item.spkiSha256 !== null
      ? 'its public half is the one of the manifest'
      : item.kcv !== null
        ? 'its check value is the one of the manifest'
        : 'nothing in the manifest can be compared with its content'
  const hash = kind === 'passphrase-record' ? null : secret.use(sha256)
  return {
    evidence: [
      own(
        ctx,
        params,
        `Item ${number}, ${name}: it opened, ${compared}; length${hash === null ? '' : ' and beginning of its SHA-256'}`,
        `${secret.length} bytes${hash === null ? '' : `, ${hash.slice(0, hashDigits)}…`}`,
        { item: number, thumbprint: null, openedItem: true },
      ),
      ...(trimmedZeros > 0
        ? [
            own(
              ctx,
              params,
              `Item ${number}: zero bytes that its token had added, left out`,
              String(trimmedZeros),
            ),
          ]
        : []),
    ],
    proofs: copyKinds(kind).map((copyKind) => ({
      ...proofOf(ctx, params),
      kind: copyKind,
      thumbprint: null,
      note: 'Opened by Keyturn from the package alone, and wiped. It was not restored anywhere',
    })),
  }
}

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')

/** Passphrases and keys of tokens are no copies that the inventory counts. */
const copyKinds = (kind: string): KeyCopyProof['kind'][] => {
  switch (kind) {
    case 'master-key':
      return ['database-master-key']
    case 'service-master-key':
      return ['service-master-key']
    case 'vault-key-backup':
      return ['vault-key']
    default:
      return []
  }
}
