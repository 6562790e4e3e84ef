import type { ShareGroupId } from '../../shared/model/ids.ts'
import type { CeremonyReport } from '../../shared/model/print.ts'
import type { CountersignedRecord } from './ceremony-record.ts'
import { entriesAbout } from './ceremony-settle.ts'
import type { EscrowRegister } from './register.ts'

const kinds = ['ceremony-begun', 'ceremony-share', 'ceremony-active', 'ceremony-void'] as const

/** What the signed record has of one ceremony, for paper. `not-found`. */
export const ceremonyReport = (
  { record, register }: { record: Pick<CountersignedRecord, 'page' | 'latest'>; register(): EscrowRegister },
  id: ShareGroupId,
): CeremonyReport => {
  const group = register().group(id)
  const rows = entriesAbout(record, id, kinds).filter(({ body }) => 'group' in body && body.group === id)
  const begun = rows.find((row) => row.kind === 'ceremony-begun')
  return {
    group,
    witnesses: begun?.kind === 'ceremony-begun' ? begun.body.witnesses : [],
    countersigner: record.latest('countersigner-began')?.body.fingerprint ?? null,
    entries: rows.map(({ seq, at, sentence, hash }) => ({ seq, at, sentence, hash })),
  }
}
