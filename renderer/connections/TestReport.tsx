import Button from '@mui/material/Button'
import { styled } from '@mui/material/styles'
import type { CertificateFacts, ConnectionTest } from '../../shared/ipc/schemas.ts'
import { Facts } from '../ui/Facts.tsx'
import { FactTime } from '../ui/FactTime.tsx'
import { count, withoutControls } from '../ui/format.ts'
import { LongName } from '../ui/LongName.tsx'
import { Panel, PanelHeading } from '../ui/Panel.tsx'
import { ProblemPanel } from '../ui/ProblemPanel.tsx'
import { StatusMark } from '../ui/StatusMark.tsx'
import { Thumbprint } from '../ui/Thumbprint.tsx'
import { checkMarks } from './connection-words.ts'

const narrow = '@media (max-width: 1099.95px)'

const Checks = styled('ul')(({ theme }) => ({
  listStyle: 'none',
  padding: 0,
  '& > li': {
    display: 'grid',
    gridTemplateColumns: '120px minmax(120px, 200px) minmax(0, 1fr) max-content',
    gap: '2px 16px',
    padding: '8px 0',
    borderTop: `1px solid ${theme.vars.palette.surface.line}`,
    [narrow]: { gridTemplateColumns: '120px minmax(0, 1fr)' },
  },
}))
const Detail = styled('span')({ [narrow]: { gridColumn: 2 } })
const Time = styled(Detail)(({ theme }) => ({
  color: theme.vars.palette.text.secondary,
  fontSize: '0.75rem',
  lineHeight: '20px',
}))

const summary = ({ checks, problem }: ConnectionTest): string => {
  const of = (state: string) => checks.filter((check) => check.state === state).length
  const failed = of('failed')
  if (problem === null && failed === 0)
    return `${of('ok')} of ${count(checks.length, 'check')} answered as needed`
  return `${count(failed, 'check')} failed, ${of('not-reached')} not reached`
}

/** Every check in order: what was asked, what came back, when. */
export const TestReport = ({ test, name }: { test: ConnectionTest; name: string }) => (
  <>
    <p>{summary(test)}.</p>
    {test.problem === null ? null : <ProblemPanel problem={test.problem} />}
    <Checks aria-label={`Checks of ${withoutControls(name)}`}>
      {test.checks.map((check) => (
        <li key={check.name}>
          <StatusMark {...checkMarks[check.state]} />
          <strong>{check.name}</strong>
          <Detail>{withoutControls(check.detail)}</Detail>
          <Time>
            <FactTime at={check.at} />
          </Time>
        </li>
      ))}
    </Checks>
  </>
)

interface CertificateProps {
  certificate: CertificateFacts
  pinned: boolean
  /** Null where the connection can't be edited. */
  onPin: ((sha256: string) => void) | null
}

/** What the server showed before any login. */
export const ShownCertificate = ({ certificate, pinned, onPin }: CertificateProps) => (
  <Panel aria-labelledby="certificate-heading">
    <PanelHeading id="certificate-heading">Certificate that the server showed</PanelHeading>
    <Facts
      facts={[
        ['Subject', <LongName key="subject" name={certificate.subject} />],
        ['Issuer', <LongName key="issuer" name={certificate.issuer} />],
        ['Valid until', <FactTime key="until" at={certificate.notAfter} />],
        ['SHA-256', <Thumbprint key="print" value={certificate.sha256} label="SHA-256" />],
      ]}
    />
    {pinned ? (
      <StatusMark mark="ok" word="This is the pinned certificate" />
    ) : onPin === null ? null : (
      <>
        <p>
          Compare the SHA-256 with the one on the server before you pin it. Pinning checks the certificate
          itself, not its name or issuer, and drops the kept password.
        </p>
        <Button variant="outlined" onClick={() => onPin(certificate.sha256)}>
          Pin this certificate
        </Button>
      </>
    )}
  </Panel>
)
