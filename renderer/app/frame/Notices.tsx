import CloseIcon from '@mui/icons-material/CloseOutlined'
import NoticeIcon from '@mui/icons-material/NotificationsOutlined'
import Button from '@mui/material/Button'
import IconButton from '@mui/material/IconButton'
import Link from '@mui/material/Link'
import { styled } from '@mui/material/styles'
import { create } from 'zustand'
import { Unseen } from '../../ui/Panel.tsx'
import { StatusMark, type Mark } from '../../ui/StatusMark.tsx'
import { dismiss, useNotices, type Notice, type Tone } from '../state/notices.ts'

const marks: Record<Tone, Mark> = { info: 'waiting', attention: 'attention', failed: 'failed' }

const Strip = styled('section')<{ tone: Tone }>(({ theme, tone }) => ({
  display: 'flex',
  flexWrap: 'wrap',
  gap: '4px 12px',
  alignItems: 'center',
  padding: '8px 16px',
  borderBottom: `1px solid ${theme.vars.palette.surface.line}`,
  backgroundColor:
    tone === 'failed'
      ? theme.vars.palette.tint.blocked
      : tone === 'attention'
        ? theme.vars.palette.tint.attention
        : theme.vars.palette.surface.raised,
}))
const Words = styled('div')({ flex: '1 1 240px', minWidth: 0 })

const StripOf = ({ notice }: { notice: Notice }) => (
  <Strip tone={notice.tone} role={notice.tone === 'failed' ? 'alert' : 'status'} aria-label={notice.title}>
    <Words>
      <StatusMark mark={marks[notice.tone]} word={notice.title} />
      {notice.body === undefined ? null : <p>{notice.body}</p>}
    </Words>
    {notice.link === undefined ? null : <Link href={notice.link.hash}>{notice.link.label}</Link>}
    <IconButton size="small" aria-label={`Close notice: ${notice.title}`} onClick={() => dismiss(notice.id)}>
      <CloseIcon sx={{ fontSize: 20 }} />
    </IconButton>
  </Strip>
)

const mostShown = 3
const useCentre = create<{ open: boolean }>()(() => ({ open: false }))

/** Opens and closes the whole list of strips; says how many there are. */
export const NoticeButton = () => {
  const number = useNotices(({ notices }) => notices.length)
  const open = useCentre((store) => store.open)
  return (
    <Button
      variant="text"
      size="small"
      startIcon={<NoticeIcon />}
      aria-expanded={open}
      onClick={() => useCentre.setState({ open: !open })}
    >
      {number}
      <Unseen> notices</Unseen>
    </Button>
  )
}

/** Strips above the page: at most three, the rest behind one button. */
export const Notices = () => {
  const notices = useNotices((store) => store.notices)
  const open = useCentre((store) => store.open)
  const shown = open ? notices : notices.slice(0, mostShown)
  const more = notices.length - shown.length
  return (
    <>
      {open && notices.length === 0 ? (
        <Strip tone="info" role="status">
          No notices since Keyturn was unlocked.
        </Strip>
      ) : null}
      {shown.map((notice) => (
        <StripOf key={notice.id} notice={notice} />
      ))}
      {more > 0 ? (
        <Strip tone="info">
          <Button variant="text" size="small" onClick={() => useCentre.setState({ open: true })}>
            {more} more
          </Button>
        </Strip>
      ) : null}
    </>
  )
}
