import { styled } from '@mui/material/styles'
import { colors } from '../theme/theme.ts'

/** Each mark has an outline of its own; colour only repeats it. */
export type Mark =
  'ok' | 'attention' | 'failed' | 'old' | 'unknown' | 'running' | 'waiting' | 'skipped' | 'undo'

const colorOf: Record<Mark, string> = {
  ok: colors.status.ok,
  attention: colors.status.attention,
  failed: colors.status.blocked,
  old: colors.status.attention,
  unknown: colors.status.unknown,
  running: colors.status.running,
  waiting: colors.status.unknown,
  skipped: colors.status.unknown,
  undo: colors.status.unknown,
}

const Shape = ({ mark }: { mark: Mark }) => {
  const line = { fill: 'none', stroke: 'currentColor', strokeWidth: 1.75 } as const
  if (mark === 'ok')
    return (
      <>
        <circle cx="10" cy="10" r="8" {...line} />
        <path d="M6 10.2l2.8 2.8L14.2 7.4" {...line} />
      </>
    )
  if (mark === 'attention')
    return (
      <>
        <path d="M10 2.5L18.2 17H1.8z" {...line} strokeLinejoin="round" />
        <path d="M10 8v4.2M10 14v1.2" {...line} />
      </>
    )
  if (mark === 'failed')
    return (
      <>
        <path d="M6.7 2h6.6L18 6.7v6.6L13.3 18H6.7L2 13.3V6.7z" {...line} />
        <path d="M7 7l6 6M13 7l-6 6" {...line} />
      </>
    )
  if (mark === 'old')
    return (
      <>
        <circle cx="10" cy="10" r="8" {...line} />
        <path d="M10 5.2V10l3.2 2.2" {...line} />
      </>
    )
  if (mark === 'unknown') return <circle cx="10" cy="10" r="8" {...line} strokeDasharray="3 2.6" />
  if (mark === 'running')
    return (
      <>
        <circle cx="10" cy="10" r="8" {...line} strokeOpacity="0.35" />
        <path d="M10 2a8 8 0 0 1 8 8" {...line} strokeWidth="2.75" />
      </>
    )
  if (mark === 'undo') return <path d="M7 4L3.5 7.5 7 11M4 7.5h8a4 4 0 0 1 0 8H7" {...line} />
  if (mark === 'skipped') return <path d="M4 10h12" {...line} strokeWidth="2.25" />
  return <circle cx="10" cy="10" r="4" {...line} />
}

const Row = styled('span')({
  display: 'inline-flex',
  alignItems: 'flex-start',
  gap: 6,
  minWidth: 0,
  verticalAlign: 'top',
})
const Picture = styled('svg')({ width: 20, height: 20, flex: 'none' })
const Word = styled('span')({ lineHeight: '20px', fontWeight: 600 })

/** A status: word and shape, with colour as the third. */
export const StatusMark = ({ mark, word }: { mark: Mark; word: string }) => (
  <Row sx={{ color: colorOf[mark] }}>
    <Picture viewBox="0 0 20 20" aria-hidden focusable="false">
      <Shape mark={mark} />
    </Picture>
    <Word>{word}</Word>
  </Row>
)
