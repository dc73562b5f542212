// Builds KubeVirt's RPM resolver for the tests: test/support/bazeldnf.ts.
module crpm.invalid/tools/bazeldnf

go 1.24.0

// As in bazeldnf's own go.mod; replacements do not travel with a module.
replace github.com/sassoftware/go-rpmutils v0.2.0 => github.com/rmohr/go-rpmutils v0.1.2-0.20201215123907-5acf7436c00d

tool github.com/rmohr/bazeldnf/cmd

require (
	github.com/adrg/xdg v0.5.3 // indirect
	github.com/bazelbuild/buildtools v0.0.0-20250312151547-737aaf84facd // indirect
	github.com/crillab/gophersat v1.4.0 // indirect
	github.com/golang/protobuf v1.5.4 // indirect
	github.com/hashicorp/go-cleanhttp v0.5.2 // indirect
	github.com/hashicorp/go-retryablehttp v0.7.7 // indirect
	github.com/inconshreveable/mousetrap v1.1.0 // indirect
	github.com/jdx/go-netrc v1.0.0 // indirect
	github.com/klauspost/compress v1.18.0 // indirect
	github.com/rmohr/bazeldnf v0.99.1 // indirect
	github.com/sassoftware/go-rpmutils v0.2.0 // indirect
	github.com/sirupsen/logrus v1.9.3 // indirect
	github.com/spf13/cobra v1.9.1 // indirect
	github.com/spf13/pflag v1.0.6 // indirect
	github.com/ulikunitz/xz v0.5.12 // indirect
	github.com/xi2/xz v0.0.0-20171230120015-48954b6210f8 // indirect
	golang.org/x/crypto v0.36.0 // indirect
	golang.org/x/exp v0.0.0-20250305212735-054e65f0b394 // indirect
	golang.org/x/sys v0.31.0 // indirect
	google.golang.org/protobuf v1.36.3 // indirect
	sigs.k8s.io/yaml v1.4.0 // indirect
)
