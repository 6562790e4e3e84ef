import LockIcon from '@mui/icons-material/LockOutlined'
import MenuIcon from '@mui/icons-material/MenuOutlined'
import SearchIcon from '@mui/icons-material/SearchOutlined'
import Button from '@mui/material/Button'
import { styled } from '@mui/material/styles'
import type { AppState } from '../../../shared/ipc/schemas.ts'
import { withoutControls } from '../../ui/format.ts'
import { lockNow } from './lock.ts'
import { NoticeButton } from './Notices.tsx'
import { RunChip } from './RunChip.tsx'

const Bar = styled('div')(({ theme }) => ({
  minHeight: 48,
  display: 'flex',
  flexWrap: 'wrap',
  alignItems: 'center',
  gap: '0 12px',
  paddingInline: 16,
  backgroundColor: theme.vars.palette.background.paper,
  borderBottom: `1px solid ${theme.vars.palette.surface.line}`,
}))
const Name = styled('span')({
  fontWeight: 600,
  fontSize: '1rem',
  '@media (max-width: 719.95px)': { display: 'none' },
})
const Fill = styled('span')({ flex: '1 1 0' })
const Who = styled('span')(({ theme }) => ({
  color: theme.vars.palette.text.secondary,
  maxWidth: 240,
  overflow: 'hidden',
  textOverflow: 'ellipsis',
  whiteSpace: 'nowrap',
  '@media (max-width: 899.95px)': { display: 'none' },
}))
const MenuButton = styled(Button)({ '@media (min-width: 720px)': { display: 'none' } })
const Keys = styled('kbd')(({ theme }) => ({
  font: 'inherit',
  fontSize: '0.75rem',
  fontWeight: 400,
  marginInlineStart: 12,
  color: theme.vars.palette.text.secondary,
  '@media (max-width: 899.95px)': { display: 'none' },
}))

interface Props {
  app: AppState
  bare: boolean
  onMenu: () => void
  onSearch: () => void
}

/** Search, the running job, notices, who works here, Lock. `bare`: before there is a keyring, only the name. */
export const TopBar = ({ app, bare, onMenu, onSearch }: Props) => (
  <Bar>
    {bare ? null : (
      <MenuButton variant="text" size="small" startIcon={<MenuIcon />} onClick={onMenu}>
        Menu
      </MenuButton>
    )}
    <Name>Keyturn</Name>
    {bare ? null : (
      <Button
        variant="outlined"
        size="small"
        startIcon={<SearchIcon />}
        aria-keyshortcuts="Control+K"
        onClick={onSearch}
      >
        Go to <Keys>Ctrl+K</Keys>
      </Button>
    )}
    <Fill />
    {bare ? null : (
      <>
        <RunChip runs={app.runs} />
        <NoticeButton />
        <Who title={withoutControls(app.operator)}>
          <bdi>{withoutControls(app.operator)}</bdi>
        </Who>
        <Button
          variant="outlined"
          size="small"
          startIcon={<LockIcon />}
          aria-keyshortcuts="Control+Shift+L"
          onClick={() => void lockNow()}
        >
          Lock
        </Button>
      </>
    )}
  </Bar>
)
