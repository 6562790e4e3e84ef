import Link from '@mui/material/Link'
import { styled } from '@mui/material/styles'
import { doctorTests, stateWords, type DoctorFinding } from '../../shared/model/ekm-doctor.ts'
import { hashOf } from '../app/routes.ts'
import { Facts } from '../ui/Facts.tsx'
import { FactTime } from '../ui/FactTime.tsx'
import { Mono, Muted } from '../ui/Panel.tsx'
import { StatusMark } from '../ui/StatusMark.tsx'
import { withoutControls } from '../ui/format.ts'
import { doorOf, findingMarks } from './doctor-words.ts'

const Row = styled('li')(({ theme }) => ({
  display: 'grid',
  gridTemplateColumns: '160px minmax(0, 1fr)',
  gap: '2px 16px',
  padding: '8px 0',
  borderTop: `1px solid ${theme.vars.palette.surface.line}`,
  '@media (max-width: 719.95px)': { gridTemplateColumns: '1fr' },
}))
const Body = styled('div')({ minWidth: 0, overflowWrap: 'anywhere', '& > * + *': { marginTop: 4 } })
const Small = styled('div')(({ theme }) => ({
  color: theme.vars.palette.text.secondary,
  fontSize: '0.75rem',
  lineHeight: '20px',
}))

/** One test about one object: what was asked, read and held against; where it needs attention, why and what mends it. */
export const FindingRow = ({ finding, id }: { finding: DoctorFinding; id: string }) => {
  const test = doctorTests.find((one) => one.id === finding.test)
  const { remedy } = finding
  const door = doorOf(remedy?.job ?? null)
  return (
    <Row id={id} tabIndex={-1}>
      <StatusMark mark={findingMarks[finding.state]} word={stateWords[finding.state]} />
      <Body>
        <div>
          <strong>{test?.title}</strong>
          {finding.about === null ? null : (
            <>
              : <bdi>{withoutControls(finding.about)}</bdi>
            </>
          )}{' '}
          <Muted>{test?.asks}</Muted>
        </div>
        <div>
          {finding.state === 'in-order' || finding.state === 'attention' ? 'Read: ' : 'Because: '}
          <bdi>{withoutControls(finding.measured)}</bdi>
          {finding.limit === null ? null : <Muted> Held against: {finding.limit}</Muted>}
        </div>
        {remedy === null ? null : (
          <Facts
            facts={[
              ['Cause', withoutControls(remedy.cause)],
              ['Test by hand', <Mono key="hand">{withoutControls(remedy.byHand)}</Mono>],
              [
                'Fix',
                <span key="fix">
                  {withoutControls(remedy.fix)}
                  {door === null ? null : (
                    <>
                      . <Link href={hashOf.newWizard(door.job)}>Set up: {door.title}</Link>
                    </>
                  )}
                </span>,
              ],
            ]}
          />
        )}
        <Small>
          {withoutControls(finding.source)}
          {finding.at === null ? null : (
            <>
              , <FactTime at={finding.at} />
            </>
          )}
        </Small>
      </Body>
    </Row>
  )
}
