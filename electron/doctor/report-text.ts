import {
  countStates,
  doctorGroups,
  doctorTests,
  groupTitles,
  stateWords,
  type DoctorFinding,
  type DoctorReport,
} from '../../shared/model/ekm-doctor.ts'

/** The findings as text that stands alone: what was asked, read and held against, by what and when. Pure. */
export const reportText = (report: DoctorReport, { rehearsal }: { rehearsal: boolean }): string => {
  const counts = countStates(report.findings)
  return [
    `${rehearsal ? 'REHEARSAL: ' : ''}EKM doctor, ${report.target.name} (${report.target.environment})`,
    `Read ${report.readAt} (UTC). It changed nothing`,
    ...(rehearsal ? ['Simulated servers: nothing in it is proof about a real system'] : []),
    `${counts.attention} need attention, ${counts['in-order']} in order, ${counts['not-read']} not read, ${counts['not-applicable']} do not apply`,
    report.host.reached
      ? `Windows host: reached (${report.host.how})`
      : `Windows host: ${report.host.because}`,
    `Vaults: ${report.vaults.join(', ') || 'none is named'}`,
    ...doctorGroups.flatMap((group) => [
      '',
      groupTitles[group].toUpperCase(),
      ...report.findings.filter(({ test }) => groupOf(test) === group).flatMap(lines),
    ]),
    '',
  ]
    .map(withoutBreaks)
    .join('\r\n')
}

const testOf = (id: DoctorFinding['test']) => doctorTests.find((one) => one.id === id)
const groupOf = (id: DoctorFinding['test']) => testOf(id)?.group
const titleOf = (id: DoctorFinding['test']): string => testOf(id)?.title ?? id

const lines = (finding: DoctorFinding): string[] => [
  `[${stateWords[finding.state]}] ${titleOf(finding.test)}${finding.about === null ? '' : `: ${finding.about}`}`,
  `    Read: ${finding.measured}`,
  ...(finding.limit === null ? [] : [`    Held against: ${finding.limit}`]),
  `    Source: ${finding.source}${finding.at === null ? '' : `, ${finding.at}`}`,
  ...(finding.remedy === null
    ? []
    : [
        `    Cause: ${finding.remedy.cause}`,
        `    Test by hand: ${finding.remedy.byHand}`,
        `    Fix: ${finding.remedy.fix}`,
      ]),
]

/** What a server or a log said must not look like a line of ours. */
const withoutBreaks = (line: string): string => line.replace(/[\p{Cc}\u2028\u2029]/gu, '␀')

export const reportColumns = [
  'group',
  'test',
  'question',
  'about',
  'state',
  'read',
  'held against',
  'source',
  'time (UTC)',
  'cause',
  'test by hand',
  'fix',
] as const

export const reportRows = ({ findings }: DoctorReport): (string | null)[][] =>
  findings.map((finding) => {
    const test = testOf(finding.test)
    return [
      test === undefined ? '' : groupTitles[test.group],
      titleOf(finding.test),
      test?.asks ?? '',
      finding.about,
      stateWords[finding.state],
      finding.measured,
      finding.limit,
      finding.source,
      finding.at,
      finding.remedy?.cause ?? null,
      finding.remedy?.byHand ?? null,
      finding.remedy?.fix ?? null,
    ]
  })
