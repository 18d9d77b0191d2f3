"""WHAT COMES BACK: provider events and customers' answers, matched, sorted and acted on."""
