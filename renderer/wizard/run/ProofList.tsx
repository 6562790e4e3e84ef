import { styled } from '@mui/material/styles'
import { highestProofs } from '../../../shared/model/evidence.ts'
import type { RunView } from '../../../shared/model/plan.ts'
import { withoutControls } from '../../ui/format.ts'
import { LongName } from '../../ui/LongName.tsx'
import { PathText } from '../../ui/PathText.tsx'
import { Muted, Panel, PanelHeading, PlainList } from '../../ui/Panel.tsx'
import { ProofLadder } from '../../ui/ProofLadder.tsx'
import { Thumbprint } from '../../ui/Thumbprint.tsx'

const Item = styled('li')({ display: 'flex', flexDirection: 'column', gap: 4, minWidth: 0 })

/** Every copy of a key (and every backup) that this run was about, with the highest rung and who reached it. */
export const ProofList = ({ view }: { view: RunView }) => {
  const proofs = highestProofs(view.steps.flatMap((step) => step.proofs))
  if (proofs.length === 0) return null
  return (
    <Panel>
      <PanelHeading>Copies of keys and backups, and how far each was proven</PanelHeading>
      <PlainList sx={{ gap: '16px' }}>
        {proofs.map((proof) => (
          <Item key={`${proof.kind} ${proof.key} ${proof.location}`}>
            <strong>
              <LongName name={proof.key} />
            </strong>
            <ProofLadder level={proof.level} at={proof.at} by={proof.by} />
            <PathText path={proof.location} />
            {proof.thumbprint === null ? null : <Thumbprint value={proof.thumbprint} />}
            {proof.note === '' ? null : <Muted>{withoutControls(proof.note)}</Muted>}
          </Item>
        ))}
      </PlainList>
    </Panel>
  )
}
