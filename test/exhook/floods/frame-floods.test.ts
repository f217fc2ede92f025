import { FRAME_ATTACKS } from '../../support/floods/frame-attacks.ts'
import { describeFloods } from './flood-tests.ts'

describeFloods('floods of frames', FRAME_ATTACKS)
