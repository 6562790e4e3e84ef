import type { NewEntry, RecordPage, RecordPageRequest } from '../../shared/model/record.ts'

/** What ceremonies need of the record. */
export interface CeremonyRecord {
  append(entry: NewEntry): unknown
  page(request: RecordPageRequest): RecordPage
}

/** The same, and who countersigns it. */
export interface CountersignedRecord extends CeremonyRecord {
  latest(kind: 'countersigner-began'): { body: { fingerprint: string } } | null
}
