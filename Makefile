# SPDX-License-Identifier: GPL-2.0
# The commands of users and developers: `make help` lists them. Kbuild describes
# the modules; the kernel's build system reads it in place of this file.

KDIR ?= /lib/modules/$(shell uname -r)/build
PYTHON ?= python3

HERE := $(CURDIR)

# in /lib/modules/RELEASE; `make uninstall` removes it
INSTALL_MOD_DIR ?= updates/vfe
INSTALL = $(MAKE) -f tools/install/Makefile TOP=$(HERE) KDIR=$(KDIR) \
	INSTALL_MOD_DIR=$(INSTALL_MOD_DIR)

# files that the kernel's build system leaves beside the sources
LEFT := '*.o' '*.ko' '*.mod' '*.mod.c' '*.cmd' '.*.d' \
	modules.order Module.symvers

modules: headers
	$(MAKE) -C $(KDIR) M=$(HERE) modules

modules_install: headers
	$(MAKE) -C $(KDIR) M=$(HERE) INSTALL_MOD_DIR=$(INSTALL_MOD_DIR) \
		modules_install

# tools/install/README.md
install: modules
	$(INSTALL) install

uninstall dkms dkms-source:
	$(INSTALL) $@

# Name the missing package, which the kernel's build system would not do.
headers:
	@test -e $(KDIR)/Makefile || { \
		echo "make: no kernel headers in $(KDIR):" \
		     "apt-get install linux-headers-$$(uname -r)," \
		     "or install linux-headers-amd64 and name its folder" \
		     "with KDIR=/usr/src/linux-headers-VERSION-amd64" >&2; \
		exit 2; }

device:
	$(MAKE) -C tools/device

bench:
	$(PYTHON) tools/bench $(ARGS)

# tools/check/README.md
lint test check:
	$(PYTHON) tools/check --tier $@ $(ARGS)

check-all:
	$(PYTHON) tools/check --tier all $(ARGS)

kunit:
	$(PYTHON) tools/kunit $(ARGS)

conformance coverage:
	$(PYTHON) tools/kunit $@

shell:
	$(PYTHON) tools/lab shell $(ARGS)

clean:
	$(MAKE) -C tools/device clean
	find $(HERE) -path $(HERE)/.git -prune -o -path $(HERE)/out -prune -o \
		-type f \( -false $(foreach name,$(LEFT),-o -name $(name)) \) \
		-exec rm -f {} +
	find $(HERE) -path $(HERE)/.git -prune -o -type d \
		\( -name __pycache__ -o -name .mypy_cache \
		   -o -name .tmp_versions \) -prune -exec rm -rf {} +

distclean: clean
	rm -rf $(HERE)/out

help:
	@echo 'On any machine with kernel headers:'
	@echo '  make                  build the modules (target modules)'
	@echo '  make KDIR=DIR         build them against the headers in DIR'
	@echo '  make install          install them, udev rules for their disks, and an'
	@echo '                        initramfs hook (DESTDIR=DIR: below DIR)'
	@echo '  make dkms             the same by DKMS, also for each later kernel'
	@echo '  make uninstall        remove the files of either'
	@echo '  make modules_install  only the modules (INSTALL_MOD_PATH=DIR: below DIR)'
	@echo '  make device           build vfe-device, the custom device'
	@echo '  make clean            remove built files'
	@echo '  make distclean        also remove the results in out/'
	@echo 'On a Debian machine, as root; each first makes what it needs:'
	@echo '  make bench            measure, print the table, write out/bench.json'
	@echo '  make lint             check the style of the files that changed'
	@echo '  make test             run the unit tests, in 3 minutes'
	@echo '  make check            run what a push must pass, in 10 minutes'
	@echo '  make check-all        run every test, in an hour'
	@echo '  make kunit            run the KUnit suites'
	@echo "  make conformance      list a driver's duties in virtio 1.4, and their tests"
	@echo '  make coverage         list the lines that the KUnit suites do not run'
	@echo '  make shell            boot a guest with the modules and the device'
	@echo 'Options: W=1 C=2 V=1 as for the kernel. ARGS="..." gives options to bench,'
	@echo 'lint, test, check, check-all, kunit and shell; ARGS=--help lists them.'
	@echo 'VFE_CACHE=DIR is the cache (default: ~/.cache/vfe).'

.DEFAULT_GOAL := modules
.PHONY: modules modules_install install uninstall dkms dkms-source headers \
	device bench lint test check check-all kunit conformance \
	coverage shell clean distclean help
