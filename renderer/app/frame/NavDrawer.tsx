import CloseIcon from '@mui/icons-material/CloseOutlined'
import Drawer from '@mui/material/Drawer'
import IconButton from '@mui/material/IconButton'
import { NavList } from './NavList.tsx'

/** The navigation of a narrow window. */
const NavDrawer = ({ onClose }: { onClose: () => void }) => (
  <Drawer open onClose={onClose} slotProps={{ paper: { 'aria-label': 'Pages', sx: { width: 264, pb: 4 } } }}>
    <IconButton aria-label="Close menu" onClick={onClose} sx={{ alignSelf: 'flex-end', m: 1 }}>
      <CloseIcon />
    </IconButton>
    <nav aria-label="Pages">
      <NavList folding={false} onGo={onClose} />
    </nav>
  </Drawer>
)
export default NavDrawer
