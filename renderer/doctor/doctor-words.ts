import { jobIds, type JobId } from '../../shared/model/job.ts'
import {
  countStates,
  mendingJobs,
  type DoctorFinding,
  type DoctorReport,
  type DoctorState,
  type MendingJob,
} from '../../shared/model/ekm-doctor.ts'
import { count } from '../ui/format.ts'
import type { Mark } from '../ui/StatusMark.tsx'

export const findingMarks: Readonly<Record<DoctorState, Mark>> = {
  'in-order': 'ok',
  attention: 'attention',
  'not-read': 'unknown',
  'not-applicable': 'skipped',
}

/** The job as this version has it; null: it has not. */
export const doorOf = (job: MendingJob | null): { job: JobId; title: string } | null => {
  const known = jobIds.find((id) => id === job)
  return job === null || known === undefined ? null : { job: known, title: mendingJobs[job] }
}

export const headline = ({ findings }: Pick<DoctorReport, 'findings'>): string => {
  const { attention } = countStates(findings)
  return attention === 0
    ? 'nothing that was read needs attention'
    : `${count(attention, 'finding')} ${attention === 1 ? 'needs' : 'need'} attention`
}

/** Whether a part of what the tests ask was not reached; empty: all was. */
export const missing = ({ host, findings }: DoctorReport): string[] => {
  const unread = findings.filter(({ state }) => state === 'not-read').length
  return [
    ...(host.reached ? [] : [`The Windows host was not asked: ${host.because}`]),
    ...(unread === 0 ? [] : [`${count(unread, 'finding')} not read; each says why`]),
  ]
}

/** Unique on the page: a test can have a finding for each key. */
export const anchorOf = (findings: readonly DoctorFinding[], finding: DoctorFinding): string =>
  `finding-${findings.indexOf(finding)}`
