import CloseIcon from '@mui/icons-material/CloseOutlined'
import Button from '@mui/material/Button'
import IconButton from '@mui/material/IconButton'
import { styled } from '@mui/material/styles'
import { useEffect, useState } from 'react'
import { closeSnack, useNotices } from '../state/notices.ts'

const Place = styled('div')({
  position: 'fixed',
  insetInlineStart: 24,
  bottom: 24,
  zIndex: 1900,
  maxWidth: 'calc(100vw - 48px)',
})
const Box = styled('div')(({ theme }) => ({
  display: 'flex',
  alignItems: 'center',
  gap: 12,
  minHeight: 44,
  padding: '4px 8px 4px 16px',
  borderRadius: 4,
  border: `1px solid ${theme.vars.palette.surface.controlBorder}`,
  backgroundColor: theme.vars.palette.background.paper,
  boxShadow: '0 8px 24px rgb(0 0 0 / 0.24)',
}))

/** Copied, or Undo. Its time stands still while somebody points at it or is inside it. */
export const SnackBar = () => {
  const snack = useNotices((store) => store.snack)
  const [held, setHeld] = useState(false)
  useEffect(() => {
    if (snack === null || held) return
    const timer = window.setTimeout(closeSnack, snack.seconds * 1000)
    return () => window.clearTimeout(timer)
  }, [snack, held])
  return (
    <Place role="status" aria-live="polite">
      {snack === null ? null : (
        <Box
          onMouseEnter={() => setHeld(true)}
          onMouseLeave={() => setHeld(false)}
          onFocus={() => setHeld(true)}
          onBlur={() => setHeld(false)}
        >
          <span>{snack.text}</span>
          {snack.undo === undefined ? null : (
            <Button
              variant="outlined"
              size="small"
              onClick={() => {
                snack.undo?.act()
                closeSnack()
              }}
            >
              {snack.undo.label}
            </Button>
          )}
          <IconButton size="small" aria-label="Close message" onClick={closeSnack}>
            <CloseIcon sx={{ fontSize: 20 }} />
          </IconButton>
        </Box>
      )}
    </Place>
  )
}
