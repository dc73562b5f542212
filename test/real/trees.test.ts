import { describeMarkedBuilds } from '../support/marked-builds.js';

describeMarkedBuilds([
  'a clone',
  'a linked worktree',
  'a shallow clone',
  'a clone with alternates',
  'a tree with a submodule',
  'a detached HEAD',
  'an unborn HEAD',
  'a plain folder',
  'a tarball',
  'a tarball at an address',
  'a branch of a git address',
  'a tag of a git address',
  'a commit of a git address',
]);
