import Button from '@mui/material/Button'
import type { TokenKeysHead } from '../../../shared/model/token-key.ts'
import { ask, useAction } from '../../bridge/index.ts'
import { FactTime } from '../../ui/FactTime.tsx'
import { ButtonRow, Muted, Panel, PanelHeading, PlainList } from '../../ui/Panel.tsx'
import { ProblemPanel } from '../../ui/ProblemPanel.tsx'
import { StatusMark } from '../../ui/StatusMark.tsx'
import { withoutControls } from '../../ui/format.ts'

interface Props {
  id: string
  compared: TokenKeysHead['compared']
  onCompared: () => void
}

const Gaps = ({ sources }: { sources: readonly string[] }) =>
  sources.length === 0 ? null : (
    <PlainList aria-label="What was not asked">
      {sources.map((source) => (
        <li key={source}>
          <StatusMark mark="unknown" word={`Not asked: ${withoutControls(source)}`} />
        </li>
      ))}
    </PlainList>
  )

/** Which vaults, servers and packages have the same public keys; asks them, and no token. */
export const ComparePanel = ({ id, compared, onCompared }: Props) => {
  const compare = useAction(async () => {
    await ask('hsm.compareKeys', { id })
    onCompared()
  })
  return (
    <Panel aria-labelledby="compare-heading">
      <PanelHeading id="compare-heading">Where else these keys are</PanelHeading>
      <p>
        Asks every connected vault for its RSA keys, and every connected server which of its keys lead there;
        reads the list of escrow packages. Keys are the same when their public keys are.
      </p>
      <ButtonRow>
        <Button variant="outlined" aria-disabled={compare.busy} onClick={() => void compare.run()}>
          {compare.busy ? 'Comparing …' : 'Compare the keys'}
        </Button>
        {compared === null ? (
          'Not compared since they were read'
        ) : (
          <span>
            Compared <FactTime at={compared.at} />
          </span>
        )}
      </ButtonRow>
      {compare.problem === null ? null : <ProblemPanel problem={compare.problem} />}
      {compared === null ? null : (
        <>
          <Gaps sources={compared.notAsked} />
          <Muted>Asked: {compared.asked.map(withoutControls).join('; ')}</Muted>
        </>
      )}
    </Panel>
  )
}
