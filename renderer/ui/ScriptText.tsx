import Button from '@mui/material/Button'
import { styled } from '@mui/material/styles'
import { useEffect, useMemo, useState } from 'react'
import { languageOfText } from '../../shared/model/script.ts'
import { colors } from '../theme/theme.ts'
import { copyText } from './copy.ts'
import type { Piece } from './script/highlight.ts'
import { withHoles } from './script/holes.ts'

const Box = styled('div')(({ theme }) => ({
  border: `1px solid ${theme.vars.palette.surface.line}`,
  borderRadius: 4,
  backgroundColor: theme.vars.palette.surface.raised,
  minWidth: 0,
}))
const Bar = styled('div')({ display: 'flex', justifyContent: 'flex-end', gap: 4, padding: '2px 4px' })
const Scroller = styled('pre')({
  margin: 0,
  padding: '4px 0 12px',
  overflow: 'auto',
  maxHeight: 480,
  fontFamily: "'IBM Plex Mono', ui-monospace, monospace",
  fontSize: '0.8125rem',
  lineHeight: 20 / 13,
  fontFeatureSettings: "'zero'",
  counterReset: 'line',
  '& > span': { display: 'block', paddingInline: '56px 12px', position: 'relative', minHeight: '1.54em' },
  '& > span::before': {
    counterIncrement: 'line',
    content: 'counter(line)',
    position: 'absolute',
    insetInlineStart: 0,
    width: 44,
    textAlign: 'end',
    color: colors.code.comment,
    userSelect: 'none',
  },
  '& .keyword': { color: colors.code.keyword },
  '& .string': { color: colors.code.string },
  '& .number': { color: colors.code.number },
  '& .comment': { color: colors.code.comment },
  '& .hole': { color: colors.code.hole, fontWeight: 600, borderBottom: '1px dashed currentColor' },
})

/** Above this many lines the text stays plain: colouring it would hold up the page. */
const uncolored: ReadonlySet<string> = new Set(['rest', 'pkcs11', 'file'])
const longestColored = 2000

const plainLines = (text: string): Piece[][] =>
  text.split('\n').map((line) => [{ role: 'plain', text: line }])

/** A script, read only: line numbers, Copy, Wrap; secrets and blanks stand out. */
export const ScriptText = ({ text, label }: { text: string; label: string }) => {
  const [wrap, setWrap] = useState(true)
  const [colored, setColored] = useState<{ of: string; lines: Piece[][] } | null>(null)
  const plain = useMemo(() => plainLines(text), [text])
  const language = languageOfText(text)
  const staysPlain = plain.length > longestColored || uncolored.has(language)
  useEffect(() => {
    if (staysPlain) return
    let gone = false
    import('./script/highlight.ts')
      .then(({ piecesOf }) => piecesOf(text, language === 'powershell' ? 'powershell' : 'sql'))
      .then(
        (lines) => {
          if (!gone) setColored({ of: text, lines })
        },
        // Without colours the text is still whole and readable.
        () => undefined,
      )
    return () => {
      gone = true
    }
  }, [text, staysPlain, language])
  const lines = !staysPlain && colored?.of === text ? colored.lines : plain
  return (
    <Box>
      <Bar>
        <Button size="small" variant="text" aria-pressed={wrap} onClick={() => setWrap(!wrap)}>
          Wrap
        </Button>
        <Button size="small" variant="text" onClick={() => void copyText(text, 'Script')}>
          Copy<span className="visually-hidden"> {label}</span>
        </Button>
      </Bar>
      <Scroller
        tabIndex={0}
        role="region"
        aria-label={label}
        sx={wrap ? { whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' } : { whiteSpace: 'pre' }}
      >
        {lines.map((line, index) => (
          <span key={index}>
            {withHoles(line).map(({ role, text: words }, at) => (
              <span key={at} className={role}>
                {words}
              </span>
            ))}
            {'\n'}
          </span>
        ))}
      </Scroller>
    </Box>
  )
}
