import Button from '@mui/material/Button'
import { styled } from '@mui/material/styles'
import type { DraftView } from '../../shared/ipc/schemas.ts'
import { hashOf } from '../app/routes.ts'
import { FactTime } from '../ui/FactTime.tsx'
import { listOf, withoutControls } from '../ui/format.ts'
import { ButtonRow, Muted } from '../ui/Panel.tsx'

const Item = styled('li')(({ theme }) => ({
  display: 'flex',
  flexWrap: 'wrap',
  gap: '8px 16px',
  alignItems: 'center',
  padding: '10px 0',
  borderTop: `1px solid ${theme.vars.palette.surface.line}`,
}))
const Words = styled('div')({ flex: '1 1 280px', minWidth: 0 })

const draftName = ({ jobNoun, targetNames }: DraftView): string =>
  `${jobNoun}${targetNames.length === 0 ? ', no server yet' : ` of ${listOf(targetNames.map(withoutControls))}`}`

export const DraftRow = ({ draft, onDelete }: { draft: DraftView; onDelete: () => void }) => (
  <Item>
    <Words>
      <strong>
        <bdi>{draftName(draft)}</bdi>
      </strong>
      <div>
        <Muted>
          At “{draft.stop}”, saved <FactTime at={draft.savedAt} /> by{' '}
          <bdi>{withoutControls(draft.savedBy)}</bdi>
        </Muted>
      </div>
    </Words>
    <ButtonRow>
      <Button size="small" variant="outlined" href={hashOf.wizard(draft.job, draft.id, draft.screen)}>
        Resume draft
      </Button>
      <Button size="small" variant="text" onClick={onDelete}>
        Delete draft
      </Button>
    </ButtonRow>
  </Item>
)
