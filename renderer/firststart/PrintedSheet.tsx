import GlobalStyles from '@mui/material/GlobalStyles'
import { styled } from '@mui/material/styles'
import type { ReplyOf } from '../../shared/ipc/contract.ts'
import { localTime, utcTime } from '../ui/format.ts'
import { Panel, PanelHeading, SmallHeading } from '../ui/Panel.tsx'

const Sheet = styled(Panel)({
  padding: 24,
  '@media (max-width: 719.95px)': { padding: 16 },
  '@media print': {
    position: 'absolute',
    insetInline: 0,
    top: 0,
    border: 0,
    padding: 0,
    backgroundColor: '#fff',
    color: '#000',
    '& *': { color: '#000 !important' },
  },
})
const Part = styled('div')({ '&& > * + *': { marginTop: 8 }, breakInside: 'avoid' })
const Line = styled('p')({ maxWidth: '75ch', '@media print': { maxWidth: 'none' } })
const Command = styled('pre')(({ theme }) => ({
  margin: 0,
  padding: 8,
  whiteSpace: 'pre-wrap',
  overflowWrap: 'anywhere',
  fontFamily: "'IBM Plex Mono', monospace",
  fontSize: '0.8125rem',
  lineHeight: 20 / 13,
  backgroundColor: theme.vars.palette.surface.raised,
  borderRadius: 4,
  '@media print': { backgroundColor: '#fff', border: '1px solid #000' },
}))

/** On paper there is the sheet and nothing of the window around it. */
const onPaper = (
  <GlobalStyles
    styles={{
      '@page': { size: 'A4', margin: '16mm' },
      '@media print': {
        html: { backgroundColor: '#fff !important' },
        body: { backgroundColor: '#fff !important' },
        'body *': { visibility: 'hidden' },
        '.kt-paper, .kt-paper *': { visibility: 'visible' },
      },
    }}
  />
)

type SheetContent = ReplyOf<'keyring.recoverySheet'>

const isCommand = (heading: string): boolean => /command/i.test(heading)

/** The sheet as it is printed: readable alone, with nothing folded. */
export const PrintedSheet = ({ sheet, rehearsal }: { sheet: SheetContent; rehearsal: boolean }) => (
  <Sheet className="kt-paper" aria-label="Recovery sheet">
    {onPaper}
    <PanelHeading>
      {rehearsal ? 'REHEARSAL · ' : ''}
      {sheet.title}
    </PanelHeading>
    <Line>
      Made {localTime(sheet.made)} ({utcTime(sheet.made)})
    </Line>
    {sheet.sections.map(({ heading, lines }) => (
      <Part key={heading}>
        <SmallHeading>{heading}</SmallHeading>
        {lines.map((line) =>
          isCommand(heading) ? <Command key={line}>{line}</Command> : <Line key={line}>{line}</Line>,
        )}
      </Part>
    ))}
  </Sheet>
)
