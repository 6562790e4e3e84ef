import Link from '@mui/material/Link'
import { styled } from '@mui/material/styles'
import {
  doctorGroups,
  doctorTests,
  groupTitles,
  type DoctorFinding,
  type DoctorGroup,
  type DoctorReport,
} from '../../shared/model/ekm-doctor.ts'
import { count, withoutControls } from '../ui/format.ts'
import { Panel, PanelHeading, PlainList } from '../ui/Panel.tsx'
import { StatusMark } from '../ui/StatusMark.tsx'
import { anchorOf } from './doctor-words.ts'
import { FindingRow } from './FindingRow.tsx'

const List = styled('ul')({ listStyle: 'none', padding: 0 })
const Fold = styled('details')(({ theme }) => ({
  '& > summary': { cursor: 'pointer', padding: '8px 0', color: theme.vars.palette.text.secondary },
}))

const groupOf = ({ test }: DoctorFinding): DoctorGroup | undefined =>
  doctorTests.find(({ id }) => id === test)?.group

/** What needs attention, by name, with the way to it. The address of the page stays what it is. */
export const AttentionList = ({ findings }: Pick<DoctorReport, 'findings'>) => {
  const open = findings.filter(({ state }) => state === 'attention')
  if (open.length === 0) return null
  const show = (id: string): void => {
    const row = document.getElementById(id)
    row?.scrollIntoView({ block: 'center' })
    row?.focus({ preventScroll: true })
  }
  return (
    <PlainList aria-label="What needs attention">
      {open.map((finding) => {
        const id = anchorOf(findings, finding)
        const title = doctorTests.find((one) => one.id === finding.test)?.title ?? finding.test
        return (
          <li key={id}>
            <Link component="button" type="button" onClick={() => show(id)}>
              <StatusMark
                mark="attention"
                word={`${title}${finding.about === null ? '' : `: ${withoutControls(finding.about)}`}`}
              />
            </Link>
          </li>
        )
      })}
    </PlainList>
  )
}

/** Every test by group; what does not apply is folded. */
export const Findings = ({ findings }: Pick<DoctorReport, 'findings'>) => (
  <>
    {doctorGroups.map((group) => {
      const own = findings.filter((finding) => groupOf(finding) === group)
      const shown = own.filter(({ state }) => state !== 'not-applicable')
      const folded = own.filter(({ state }) => state === 'not-applicable')
      const row = (finding: DoctorFinding) => {
        const id = anchorOf(findings, finding)
        return <FindingRow key={id} id={id} finding={finding} />
      }
      return (
        <Panel key={group} aria-labelledby={`group-${group}`}>
          <PanelHeading id={`group-${group}`}>{groupTitles[group]}</PanelHeading>
          {shown.length === 0 ? null : <List aria-label={groupTitles[group]}>{shown.map(row)}</List>}
          {folded.length === 0 ? null : (
            <Fold>
              <summary>{count(folded.length, 'finding')} that does not apply</summary>
              <List aria-label={`${groupTitles[group]}: does not apply`}>{folded.map(row)}</List>
            </Fold>
          )}
        </Panel>
      )
    })}
  </>
)
