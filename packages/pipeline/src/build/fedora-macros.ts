/** File name of {@link FEDORA_MACROS} in a work folder. */
export const MACRO_FILE = 'fedora.macros';

/**
 * What redhat-rpm-config, meson and systemd-rpm-macros define on Fedora and CentOS and specs take for granted; for an rpm that has none of it, as
 * Debian's. Read with `--load`. `%rhel` and `%fedora` are left out: a spec may ask what it is really built on.
 */
export const FEDORA_MACROS = `\
%_vpath_srcdir .
%_vpath_builddir redhat-linux-build
%meson %{set_build_flags} \\
  meson setup --buildtype=plain --prefix=%{_prefix} --libdir=%{_libdir} --libexecdir=%{_libexecdir} --bindir=%{_bindir} --sbindir=%{_sbindir} --includedir=%{_includedir} --datadir=%{_datadir} --mandir=%{_mandir} --infodir=%{_infodir} --localedir=%{_datadir}/locale --sysconfdir=%{_sysconfdir} --localstatedir=%{_localstatedir} --sharedstatedir=%{_sharedstatedir} --wrap-mode=nodownload --auto-features=enabled %{_vpath_srcdir} %{_vpath_builddir}
%meson_build meson compile -C %{_vpath_builddir} %{?_smp_mflags} --verbose
%meson_install DESTDIR=%{buildroot} meson install -C %{_vpath_builddir} --no-rebuild
%meson_test meson test -C %{_vpath_builddir} --num-processes %{_smp_build_ncpus} --print-errorlogs
%_docdir %{_datadir}/doc
%_licensedir %{_datadir}/licenses
%license %doc
%_unitdir /usr/lib/systemd/system
%_userunitdir /usr/lib/systemd/user
%_sysusersdir /usr/lib/sysusers.d
%_tmpfilesdir /usr/lib/tmpfiles.d
%_udevrulesdir /usr/lib/udev/rules.d
%systemd_post() %{nil}
%systemd_preun() %{nil}
%systemd_postun() %{nil}
%systemd_postun_with_restart() %{nil}
`;
