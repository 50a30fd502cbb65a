# layers - who may link, and therefore include, whom.
#
# A row names a folder and the folders it may link. What a row does not allow
# stops the configuration; what is not linked is not on the include path, see
# docs/decisions/0001-include-trees.md. Tests and benches may link all of it.

set(YINUO_LAYER_base            "")
set(YINUO_LAYER_proto           base)
set(YINUO_LAYER_engine          "")
set(YINUO_LAYER_policy          base engine)
set(YINUO_LAYER_ledger          base proto engine policy)
set(YINUO_LAYER_broker          base proto)
set(YINUO_LAYER_workers/router  base proto engine policy ledger)
set(YINUO_LAYER_workers/tier    base proto)
set(YINUO_LAYER_station         base proto)
set(YINUO_LAYER_cli             base proto policy ledger station)
set(YINUO_LAYER_gateway         base proto station)

set(YINUO_LAYERS base proto engine policy ledger broker workers/router
    workers/tier station cli gateway)
