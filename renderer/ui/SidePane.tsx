import CloseIcon from '@mui/icons-material/CloseOutlined'
import IconButton from '@mui/material/IconButton'
import { styled } from '@mui/material/styles'
import { useEffect, useId, useRef, type ReactNode } from 'react'
import { headerHeight, lowWindow } from '../theme/GlobalLook.tsx'

const Pane = styled('aside')(({ theme }) => ({
  width: 420,
  maxWidth: '100%',
  flex: 'none',
  alignSelf: 'flex-start',
  position: 'sticky',
  top: headerHeight + 16,
  maxHeight: `calc(100vh - ${headerHeight + 32}px)`,
  overflow: 'auto',
  border: `1px solid ${theme.vars.palette.surface.line}`,
  borderRadius: 4,
  backgroundColor: theme.vars.palette.background.paper,
  padding: 16,
  '&& > * + *': { marginTop: 12 },
  '& ul': { paddingInlineStart: 20 },
  [lowWindow]: { position: 'static', maxHeight: 'none' },
  '@media (max-width: 1099.95px)': { position: 'static', width: '100%', maxHeight: 'none' },
}))
const Head = styled('div')({
  display: 'flex',
  gap: 8,
  alignItems: 'flex-start',
  justifyContent: 'space-between',
})
const Heading = styled('h2')(({ theme }) => ({ ...theme.typography.h2 }))

/** Details beside a list. Escape closes it; it takes focus when it opens and when its object changes. */
export const SidePane = (props: {
  title: ReactNode
  subject: string
  onClose: () => void
  children: ReactNode
}) => {
  const id = useId()
  const heading = useRef<HTMLHeadingElement>(null)
  const { subject, onClose } = props
  useEffect(() => {
    heading.current?.focus()
  }, [subject])
  return (
    <Pane
      aria-labelledby={id}
      onKeyDown={(event) => {
        if (event.key === 'Escape') onClose()
      }}
    >
      <Head>
        <Heading id={id} ref={heading} tabIndex={-1}>
          {props.title}
        </Heading>
        <IconButton size="small" aria-label="Close details" onClick={onClose}>
          <CloseIcon />
        </IconButton>
      </Head>
      {props.children}
    </Pane>
  )
}
